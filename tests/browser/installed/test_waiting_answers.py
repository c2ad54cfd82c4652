"""Answers that wait for a connection."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.installed.phone import (
    FLUSHED,
    LOW,
    QUESTION,
    Phone,
)
from tests.browser.journeys import press
from tests.browser.offline import KEPT
from tests.servers import RunningServer

KEPT_ANSWER = {
    "id": "kept",
    "body": "action=reject&reason=Too+dry+for+me&submission_id=kept",
    "type": "application/x-www-form-urlencoded",
    "state": "waiting",
}


def test_an_answer_given_without_a_connection_is_sent_when_there_is_one(
    phone: Phone, server: RunningServer
) -> None:
    hitl = server.ask({"type": "approval", "prompt": "Order coffee?"}, as_service=False)
    phone.install()
    page = phone.visit(f"/review/{hitl['case_id']}")
    phone.context.set_offline(True)
    press(page, "Approve as shown")
    expect(page.locator("[data-state]")).to_have_text("Not sent yet. It will be sent when you are online.")
    assert server.status(hitl, as_service=False)["status"] in ("pending", "opened")
    phone.context.set_offline(False)
    expect(page.locator("[data-state]")).to_have_text("Sent.")
    assert server.status(hitl, as_service=False)["result"]["action"] == "approve"


def test_an_answer_that_comes_too_late_is_told_and_what_was_typed_kept(
    phone: Phone, server: RunningServer
) -> None:
    hitl = server.ask({"type": "approval", "prompt": "Order cocoa?"}, as_service=False)
    phone.install()
    page = phone.visit(f"/review/{hitl['case_id']}?view=reject")
    page.get_by_role("textbox").fill("Too sweet for me")
    phone.context.set_offline(True)
    press(page, "Reject")
    expect(page.locator("[data-typed]")).to_contain_text("Too sweet for me")
    answered = phone.person.post(
        f"/api/v1/inbox/{hitl['case_id']}/respond", json={"action": "approve", "data": {}}
    )
    assert answered.status_code == 200
    phone.context.set_offline(False)
    expect(page.locator("[data-state]")).to_contain_text("somebody had answered it before")
    expect(page.locator("[data-typed]")).to_contain_text("Too sweet for me")
    phone.visit("/inbox")
    expect(page.locator("[data-app]")).to_contain_text("was not taken")
    page.get_by_role("link", name="Show it").click()
    press(page, "Remove from this list")
    expect(page.locator("[data-state]")).to_have_count(0)


def test_what_waits_stays_where_the_server_signs_nobody_out(phone: Phone, server: RunningServer) -> None:
    """As where another site has the browser send it. That it was refused before keeps it from being sent."""
    server.ask({**QUESTION, "prompt": "Order juice?"}, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    kept = {
        **KEPT_ANSWER,
        "url": f"{server.url}/inbox/none/respond?mark=x",
        "state": "refused",
        "status": 409,
    }
    phone.context.service_workers[0].evaluate(
        "async (one) => keep({ ...one, at: Date.now(), mark: await last() })", kept
    )
    sent = "async () => (await fetch('/sign-out', { method: 'POST', redirect: 'manual' })).status"
    assert page.evaluate(sent) == 403
    phone.context.set_offline(True)
    phone.visit("/inbox")
    expect(page.get_by_text("Order juice?").first).to_be_visible()
    phone.visit("/offline")
    expect(page.locator("[data-typed]")).to_contain_text("Too dry for me")
    phone.context.set_offline(False)


def test_what_nobody_knows_the_sender_of_is_shown_and_never_sent(phone: Phone, server: RunningServer) -> None:
    """Workers of before the marks kept it."""
    hitl = server.ask({**QUESTION, "prompt": "Order rice?"}, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    kept = {**KEPT_ANSWER, "url": f"{server.url}/reviews/{hitl['case_id']}/respond"}
    phone.context.service_workers[0].evaluate("(one) => keep({ ...one, at: Date.now() })", kept)
    phone.visit("/offline")
    expect(page.locator("[data-state]")).to_have_text(
        "Not taken. Open the question to see why. What you had typed is below."
    )
    expect(page.locator("[data-typed]")).to_contain_text("Too dry for me")
    page.evaluate(FLUSHED)
    assert server.status(hitl, as_service=False)["status"] in ("pending", "opened")
    press(page, "Remove from this list")
    expect(page.locator("[data-state]")).to_have_count(0)


def test_an_answer_in_a_row_waits_too(phone: Phone, server: RunningServer) -> None:
    hitl = server.ask({**QUESTION, "prompt": "Order milk?"}, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    row = page.locator(f"#row-{hitl['case_id']}")
    phone.context.set_offline(True)
    row.get_by_role("button", name="Approve").click()
    expect(row.get_by_role("alert")).to_have_text("Not sent yet. It will be sent when you are online.")
    phone.context.set_offline(False)
    expect(row).to_contain_text("Approved")
    assert server.status(hitl, as_service=False)["result"]["action"] == "approve"


def test_a_choice_in_a_row_waits_with_what_was_chosen(phone: Phone, server: RunningServer) -> None:
    items = [{"id": "s", "title": "Small"}, {"id": "l", "title": "Large"}]
    context = {**LOW, "items": items, "min": 1, "max": 1}
    asked = {"type": "selection", "prompt": "Which cup?", "context": context}
    hitl = server.ask(asked, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    row = page.locator(f"#row-{hitl['case_id']}")
    phone.context.set_offline(True)
    row.get_by_label("Large").check()
    row.get_by_role("button", name="Submit selection").click()
    expect(row.get_by_role("alert")).to_have_text("Not sent yet. It will be sent when you are online.")
    phone.context.set_offline(False)
    page.evaluate(FLUSHED)
    result = server.status(hitl, as_service=False)["result"]
    assert (result["action"], result["data"]) == ("select", {"selected": ["l"]})


def test_answers_in_two_rows_of_a_page_wait_for_themselves(phone: Phone, server: RunningServer) -> None:
    asked = [server.ask({**QUESTION, "prompt": prompt}, as_service=False) for prompt in ("Salt?", "Sugar?")]
    phone.install()
    page = phone.visit("/inbox")
    phone.context.set_offline(True)
    for hitl in asked:
        row = page.locator(f"#row-{hitl['case_id']}")
        row.get_by_role("button", name="Approve").click()
        expect(row.get_by_role("alert")).to_have_text("Not sent yet. It will be sent when you are online.")
    phone.context.set_offline(False)
    for hitl in asked:
        expect(page.locator(f"#row-{hitl['case_id']}")).to_contain_text("Approved")
        assert server.status(hitl, as_service=False)["result"]["action"] == "approve"


def test_an_answer_that_cannot_be_taken_now_holds_up_no_other(phone: Phone, server: RunningServer) -> None:
    asked = [server.ask({**QUESTION, "prompt": prompt}, as_service=False) for prompt in ("Oil?", "Wine?")]
    first, second = sorted(asked, key=lambda hitl: str(hitl["case_id"]))
    phone.install()
    page = phone.visit("/inbox")
    phone.context.set_offline(True)
    for hitl in asked:
        row = page.locator(f"#row-{hitl['case_id']}")
        row.get_by_role("button", name="Approve").click()
        expect(row.get_by_role("alert")).to_contain_text("Not sent yet.")
    worker = phone.context.service_workers[0]
    worker.evaluate(
        """(taken) => {
          const send = self.fetch;
          const isOver = (to) => typeof to === "string" && to.includes(taken);
          const over = () => Promise.resolve(new Response("", { status: 503 }));
          self.fetch = (to, how) => (isOver(to) ? over() : send(to, how));
          self.mend = () => (self.fetch = send);
        }""",
        first["case_id"],
    )
    phone.context.set_offline(False)
    expect(page.locator(f"#row-{second['case_id']}")).to_contain_text("Approved")
    assert server.status(first, as_service=False)["status"] in ("pending", "opened")
    worker.evaluate("() => { mend(); }")
    expect(page.locator(f"#row-{first['case_id']}")).to_contain_text("Approved")


def test_what_is_secret_is_never_kept_for_a_connection(phone: Phone, server: RunningServer) -> None:
    """It goes to the page where answers are checked, which cannot wait, and from there on by its cookie."""
    fields = [
        {"key": "token", "label": "Token", "type": "text", "sensitive": True},
        {"key": "why", "label": "Why", "type": "text"},
    ]
    asked = {"type": "input", "prompt": "Which token?", "context": {"form": {"fields": fields}}}
    hitl = server.ask(asked, as_service=False)
    phone.install()
    page = phone.visit(f"/review/{hitl['case_id']}")
    page.get_by_label("Token").fill("hunter2")
    page.get_by_label("Why").fill("Deploys")
    phone.context.set_offline(True)
    press(page, "Check answers")
    expect(page.locator("[data-sending]")).to_have_text("Not sent: no connection. Try again.")
    phone.context.set_offline(False)
    press(page, "Check answers")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    phone.context.set_offline(True)
    press(page, "Send answers")
    expect(page.locator("[data-state]")).to_have_text("Not sent yet. It will be sent when you are online.")
    [body] = page.evaluate(KEPT)
    assert "action=submit" in body
    assert "hunter2" not in body
    phone.context.set_offline(False)
    expect(page.locator("[data-state]")).to_have_text("Sent.")
    assert server.status(hitl, as_service=False)["result"]["data"]["token"] == "hunter2"
