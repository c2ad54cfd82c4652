"""The installed app in Chromium: notifications, pages without a connection, answers that wait for one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from openhitl.server.opening import open_store
from tests.browser.journeys import press
from tests.browser.offline import KEPT
from tests.people import SignedInClient, owned_agent, sign_in
from tests.servers import RunningServer, running

#: RFC 8291 appendix A.
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
PATIENCE_MS = 20_000
CONTACT = "mailto:ops@example.org"
LOW = {"risk": {"level": "low", "reasons": []}}
QUESTION = {"type": "approval", "prompt": "Order tea?", "context": LOW}
FLUSHED = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const told = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data.items); });
  active.postMessage({ flush: true }, [port2]);
  return told;
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.getNotifications();
  const names = (actions) => actions.map((one) => one.action);
  return found.map(({title, body, tag, actions}) => ({title, body, tag, actions: names(actions)}));
}"""


def until(read: str, is_enough: str) -> str:
    """Spell a function that reads again and again until that is enough; gives up where pages would."""
    return f"""async (titles) => {{
      const end = performance.now() + {PATIENCE_MS};
      for (;;) {{
        const found = await ({read})();
        if (({is_enough})(found)) return found;
        if (performance.now() > end) throw new Error("never: " + JSON.stringify(found));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }}
    }}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("app"), push_contact=CONTACT) as running_server:
        yield running_server


class Phone:
    """A browser where somebody is signed in, with its service worker."""

    def __init__(self, context: BrowserContext, server: RunningServer, person: SignedInClient) -> None:
        self.context = context
        self.server = server
        self.person = person
        self.faults: list[str] = []
        self.page = self.open()
        self.cdp: CDPSession = context.new_cdp_session(self.page)
        self.registration = ""
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._registered)

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Content Sec" in line.text else None)
        return page

    def _registered(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"] == f"{self.server.url}/" and not one["isDeleted"]:
                self.registration = one["registrationId"]

    def visit(self, path: str) -> Page:
        self.page.goto(f"{self.server.url}{path}")
        return self.page

    def install(self) -> None:
        """Open the inbox and wait until the service worker has taken over."""
        self.visit("/inbox")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("navigator.serviceWorker.controller?.state === 'activated'")

    def push(self, message: dict[str, Any] | str, *titles: str) -> list[dict[str, Any]]:
        """Have the browser's push service deliver a message; return what is shown when these titles are."""
        self.cdp.send("ServiceWorker.enable")
        while not self.registration:
            self.page.wait_for_timeout(10)
        data = message if isinstance(message, str) else json.dumps(message)
        given = {"origin": self.server.url, "registrationId": self.registration, "data": data}
        self.cdp.send("ServiceWorker.deliverPushMessage", given)
        found = "(all) => String(all.map((one) => one.title).sort()) === titles"
        return self.page.evaluate(until(SHOWN, found), ",".join(sorted(titles)))

    def press(self, tag: str, action: str = "") -> str:
        """Press a button of a notification, or itself; return the address that is opened.

        Nobody but a person can really do that: the worker's own function runs, and only what it would open
        is written down instead.
        """
        worker = self.context.service_workers[0]
        return worker.evaluate(
            """async ([tag, action]) => {
              let opened = "";
              self.clients.openWindow = async (url) => { opened = url; };
              const [notification] = await self.registration.getNotifications({ tag });
              await press({ notification, action });
              return opened;
            }""",
            [tag, action],
        )


@pytest.fixture
def phone(whole_chromium: Browser, server: RunningServer) -> Iterator[Phone]:
    person = sign_in(server)
    owned_agent(server, person)
    context = whole_chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "hitl_session", "value": person.token, "url": server.url}])
    context.grant_permissions(["notifications"], origin=server.url)
    phone = Phone(context, server, person)
    yield phone
    context.close()
    assert phone.faults == []


def message(server: RunningServer, case_id: str, **changed: Any) -> dict[str, Any]:
    """What the server would push."""
    notification = {
        "title": "A question waits for you", "body": "Order tea?", "lang": "en", "dir": "auto",
        "navigate": f"{server.url}/review/{case_id}", "tag": case_id, "silent": False,
        "actions": [{"action": "open", "title": "Open"}, {"action": "later", "title": "In 10 minutes"}],
        "data": {"case_id": case_id, "browser": 1, "tokens": {"later": "x"}, "unsent": "Not sent"},
        **changed,
    }  # fmt: skip
    return {"web_push": 8030, "notification": notification, "app_badge": 1, "mutable": True}


def test_a_push_is_shown_and_its_end_takes_its_place(phone: Phone, server: RunningServer) -> None:
    """Push API §10.4; Notifications API "replace"."""
    phone.install()
    asked = "A question waits for you"
    assert phone.push(message(server, "review_1"), asked) == [
        {"title": asked, "body": "Order tea?", "tag": "review_1", "actions": ["open", "later"]}
    ]
    over = message(server, "review_1", title="Answered by Ben", silent=True, actions=[])
    phone.push(over, "Answered by Ben")
    phone.push("not for us", "Answered by Ben", "OpenHITL")


def test_a_tap_opens_the_case_and_no_other_site(phone: Phone, server: RunningServer) -> None:
    phone.install()
    asked = "A question waits for you"
    phone.push(message(server, "review_2"), asked)
    assert phone.press("review_2") == f"{server.url}/review/review_2"
    phone.push(message(server, "review_2"), asked)
    assert phone.press("review_2", "open") == f"{server.url}/review/review_2"
    phone.push(message(server, "review_2", navigate="https://evil.example/"), asked)
    assert phone.press("review_2") == ""


def told(phone: Phone, case_id: str, action: str) -> dict[str, Any]:
    """Let the server know this browser; return what its notification carries for a button."""
    given = {"endpoint": f"https://fcm.googleapis.com/{case_id}", "keys": KEYS}
    made = phone.person.post("/api/v1/push/subscriptions", json=given)
    store, keyring = open_store(phone.server.settings)
    subscription = store.subscription(made.json()["id"], datetime.now(UTC))
    store.close()
    assert subscription is not None
    number, session = subscription.subscription_id, subscription.session_id
    token = keyring.push_token(f"{number}\0{session}\0{case_id}\0{action}")
    return {"case_id": case_id, "browser": number, "tokens": {action: token}, "unsent": "Not sent"}


def test_a_button_answers_from_the_notification(phone: Phone, server: RunningServer) -> None:
    """By ids and a token, never by a label."""
    hitl = server.ask({**QUESTION, "prompt": "Order biscuits?"}, as_service=False)
    case_id = hitl["case_id"]
    form = {"csrf": phone.person.csrf, "shows": "full", "answers": "1"}
    assert phone.person.post("/inbox/settings/notifications", data=form).status_code == 303
    phone.install()
    data = told(phone, case_id, "approve")
    shown = message(server, case_id, data=data, actions=[{"action": "approve", "title": "Reject"}])
    phone.push(shown, shown["notification"]["title"])
    phone.context.set_offline(True)
    assert phone.press(case_id, "approve") == ""
    [again] = phone.page.evaluate(SHOWN)
    assert again["body"] == "Not sent\nOrder tea?"
    phone.context.set_offline(False)
    assert phone.press(case_id, "approve") == ""
    assert phone.page.evaluate(SHOWN) == []
    assert server.status(hitl, as_service=False)["result"]["action"] == "approve"
    phone.push(shown, shown["notification"]["title"])
    assert phone.press(case_id, "approve") == "", "the same answer was taken before"


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


def test_notifications_are_chosen_and_their_state_is_said(phone: Phone, server: RunningServer) -> None:
    phone.install()
    page = phone.visit("/inbox/settings")
    expect(page.get_by_role("button", name="Switch on here")).to_be_visible()
    page.get_by_label("All that fits").check()
    page.locator("#notifications").get_by_role("button", name="Keep").click()
    page.wait_for_url("**/inbox/settings?done=*")
    expect(page.get_by_label("All that fits")).to_be_checked()
    # A context of a test is a private window, and Debian's Chromium knows no push service.
    press(page, "Switch on here")
    expect(page.locator("[data-line]")).to_contain_text("reaches no push service")


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
