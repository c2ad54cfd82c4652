"""Encrypted answers that wait for a connection."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests.browser.encrypting import BrowserDevice
from tests.browser.journeys import press
from tests.browser.offline import CONTROLLED, KEPT
from tests.browser.sealed.house import House


def installed(device: BrowserDevice) -> BrowserDevice:
    """Open the inbox, which brings the service worker."""
    device.page.goto(f"{device.url}/inbox")
    device.page.evaluate(CONTROLLED)
    return device


def sees_the_offline_page(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Without a connection")
    expect(page.locator("[data-answers] [data-state]").last).to_have_text(text)


def test_an_answer_given_without_a_connection_waits_encrypted_for_one(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = installed(house.phone).open(case_id)
    house.phone.context.set_offline(True)
    page.get_by_label("Name").fill("Rosalind")
    press(page, "Send answers")
    sees_the_offline_page(page, "Not sent yet. It will be sent when you are online.")
    [kept] = page.evaluate(KEPT)
    assert json.loads(kept).keys() == {"action", "data", "submission_id"}
    assert json.loads(kept)["data"].keys() == {"envelope"}
    assert "Rosalind" not in kept
    house.phone.context.set_offline(False)
    sees_the_offline_page(page, "Sent.")
    assert house.agent.answer(case_id).body["data"] == {"name": "Rosalind"}
    press(page, "Remove from this list")
    expect(page.locator("[data-answers] [data-state]")).to_have_count(0)


def test_an_encrypted_answer_that_waited_and_came_too_late_is_told(house: House) -> None:
    case_id = house.agent.ask(house.devices)
    page = installed(house.phone).open(case_id)
    house.phone.context.set_offline(True)
    press(page, "Approve as shown")
    sees_the_offline_page(page, "Not sent yet. It will be sent when you are online.")
    house.agent.server.agent.post(f"/api/v1/reviews/{case_id}/cancel", json={})
    house.phone.context.set_offline(False)
    sees_the_offline_page(
        page,
        "Not taken: somebody had answered it before, or it was withdrawn. "
        "What you had typed is encrypted and cannot be shown here.",
    )
    expect(page.locator("[data-typed]")).to_be_hidden()
    press(page, "Remove from this list")
    expect(page.locator("[data-answers] [data-state]")).to_have_count(0)
