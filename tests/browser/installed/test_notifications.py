"""Notifications in Chromium: shown, opened, answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import expect

from openhitl.server.opening import open_store
from tests.browser.installed.phone import (
    KEYS,
    QUESTION,
    SHOWN,
    Phone,
)
from tests.browser.journeys import press
from tests.servers import RunningServer


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
