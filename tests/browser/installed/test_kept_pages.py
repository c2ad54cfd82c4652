"""What the service worker keeps of pages, and for whom."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, expect

from tests.browser.installed.phone import (
    FLUSHED,
    PATIENCE_MS,
    QUESTION,
    Phone,
    until,
)
from tests.browser.journeys import press
from tests.people import SignedInClient, sign_in
from tests.servers import RunningServer


def test_what_waited_is_shown_without_a_connection_and_gone_after_signing_out(
    phone: Phone, server: RunningServer
) -> None:
    server.ask(QUESTION, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    expect(page.get_by_text("Order tea?").first).to_be_visible()
    phone.context.set_offline(True)
    page.reload()
    expect(page.get_by_text("Order tea?").first).to_be_visible()
    expect(page.locator("[data-app]")).to_contain_text("No connection.")
    phone.visit("/people")
    expect(page.get_by_role("heading", level=1)).to_have_text("Without a connection")
    phone.context.set_offline(False)
    phone.visit("/account")
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    phone.context.set_offline(True)
    phone.visit("/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("Without a connection")
    phone.context.set_offline(False)


def test_nothing_that_was_kept_is_shown_once_the_session_is_over(phone: Phone, server: RunningServer) -> None:
    """Whichever page it was that found out."""
    server.ask(QUESTION, as_service=False)
    phone.install()
    page = phone.visit("/inbox")
    phone.visit("/inbox/history")
    csrf = {"csrf": phone.person.csrf}
    assert phone.person.post("/sign-out", data=csrf).status_code == 303
    phone.visit("/inbox/history")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    phone.context.set_offline(True)
    phone.visit("/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("Without a connection")
    phone.context.set_offline(False)


def test_what_is_one_persons_is_neither_shown_nor_sent_as_the_next_ones(
    phone: Phone, server: RunningServer
) -> None:
    """Whoever was there before has not signed out: what they typed waits until they come back."""
    ben = sign_in(server, "Ben")
    both = {"assignees": ["Ana", "Ben"], "assurance": "signed_in"}
    asked = {"type": "approval", "prompt": "Order plums?", **both}
    hitl = server.ask(asked)
    row = server.ask({**QUESTION, "prompt": "Order pears?", **both})
    phone.install()
    page = phone.visit("/inbox")
    phone.visit("/inbox/history")
    page.goto(f"{server.url}/review/{hitl['case_id']}?view=reject")
    page.get_by_role("textbox").fill("Too sour for Ana")
    phone.context.set_offline(True)
    press(page, "Reject")
    expect(page.locator("[data-typed]")).to_contain_text("Too sour for Ana")
    phone.visit("/inbox")
    page.locator(f"#row-{row['case_id']}").get_by_role("button", name="Approve").click()
    expect(page.locator("[data-problem]:visible")).to_contain_text("Not sent yet.")

    def become(who: SignedInClient) -> None:
        phone.context.add_cookies([{"name": "hitl_session", "value": who.token, "url": server.url}])

    def flushed() -> list[Any]:
        return page.evaluate(FLUSHED)

    become(ben)
    phone.context.set_offline(False)
    phone.visit("/account")
    assert flushed() == []
    phone.visit("/offline")
    assert flushed() == []
    expect(page.locator("[data-typed]")).to_have_count(0)
    phone.context.set_offline(True)
    phone.visit("/inbox/history")
    expect(page.get_by_role("heading", level=1)).to_have_text("Without a connection")
    phone.context.set_offline(False)
    for one in (hitl, row):
        assert server.status(one)["status"] in ("pending", "opened")
    become(sign_in(server))
    phone.visit("/inbox")
    assert sorted(item["state"] for item in flushed()) == ["sent", "sent"]
    for one, action in ((hitl, "reject"), (row, "approve")):
        assert server.status(one)["result"]["action"] == action
    phone.visit("/inbox/history?who=me")
    for prompt in ("Order plums?", "Order pears?"):
        expect(page.get_by_text(prompt)).to_be_visible()


def test_a_new_worker_begins_though_the_server_hangs(phone: Phone) -> None:
    """Service Workers "Activate": until a worker has begun, every page that it looks after waits."""
    phone.install()
    phone.context.service_workers[0].evaluate(
        """async (patience) => {
          const send = self.fetch;
          self.fetch = () => new Promise(() => {});
          const over = new Promise((_, reject) => setTimeout(reject, patience, new Error("it waits")));
          await Promise.race([activate(), over]);
          self.fetch = send;
        }""",
        PATIENCE_MS / 4,
    )


def test_a_new_worker_takes_the_place_of_the_old_and_of_what_it_kept(
    chromium: Browser, server: RunningServer
) -> None:
    """Service Workers "Install", "Activate". A script at another address stands for one that changed."""
    person = sign_in(server)
    context = chromium.new_context(bypass_csp=True)  # the page's own policy knows only the one address
    context.add_cookies([{"name": "hitl_session", "value": person.token, "url": server.url}])
    page = context.new_page()
    page.goto(f"{server.url}/inbox")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.evaluate("caches.open('files-of-an-older-version').then(() => true)")
    page.evaluate("navigator.serviceWorker.register('/sw.js?newer').then(() => true)")
    page.evaluate(
        until(
            "async () => [await caches.keys(), navigator.serviceWorker.controller?.scriptURL ?? '']",
            "([names, url]) => url.endsWith('?newer') && names.every((name) => !name.includes('older'))",
        )
    )
    context.close()
