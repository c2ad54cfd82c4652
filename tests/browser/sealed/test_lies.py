"""Encrypted cases that a server has changed, moved, exchanged or rolled back: refused in Chromium."""

from __future__ import annotations

import html
import json
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from openhitl.protocol.sealed.head import Direction
from tests.browser.encrypting import APPROVAL, BrowserDevice, SealingAgent, drawn_id
from tests.browser.journeys import expect_outcome, press
from tests.browser.sealed.house import SAYS, House, controls
from tests.people import sign_in


def expect_refused(page: Page, says: str) -> None:
    """Nothing of the question is on the page, nothing can be pressed, and the reason is said."""
    expect(page.locator(SAYS)).to_contain_text(says)
    assert APPROVAL["prompt"] not in page.locator("main").inner_html()
    assert controls(page) == 0


def test_what_is_not_encrypted_to_this_device(house: House) -> None:
    case_id = house.agent.ask([house.laptop.public])
    expect_refused(house.phone.open(case_id), "not encrypted to this device")
    expect(house.laptop.open(case_id).locator("[data-prompt]")).to_have_text(APPROVAL["prompt"])


def test_what_was_moved_from_another_case(house: House) -> None:
    envelope = house.agent.seal(house.devices, APPROVAL, drawn_id())
    case_id = house.agent.post(envelope, drawn_id())
    expect_refused(house.phone.open(case_id), "belongs to another case")


def test_what_was_changed(house: House) -> None:
    case_id = drawn_id()
    envelope = house.agent.seal(house.devices, APPROVAL, case_id)
    other = house.agent.seal(house.devices, APPROVAL, case_id)
    house.agent.post({**envelope, "box": other["box"]}, case_id)
    expect_refused(house.phone.open(case_id), "was changed on its way")


def test_what_is_no_request(house: House) -> None:
    case_id = house.agent.ask(house.devices, direction=Direction.NOTICE)
    expect_refused(house.phone.open(case_id), "something else in its place")


def test_a_default_action_that_the_server_says_otherwise(house: House) -> None:
    case_id = house.agent.ask(house.devices, {**APPROVAL, "default_action": "reject"})
    expect_refused(house.phone.open(case_id), "was changed on its way")


@pytest.mark.parametrize(("number", "digest", "says"), [(1, "", "other devices"), (0, "", "older list")])
def test_device_lists_that_are_not_those_that_this_browser_knows(house: House, number, digest, says) -> None:
    """The phone made the list, and its first statement is the last."""
    people = [{"person": house.person, "number": number, "digest": digest}]
    page = house.phone.open(house.agent.ask(house.devices, {**APPROVAL, "people": people}))
    if number:
        expect_refused(page, says)
    else:
        expect(page.locator("[data-more]")).to_contain_text(says)


def test_who_is_no_sender_of_this_server(house: House) -> None:
    stranger = SealingAgent(house.agent.server, house.agent.agent_id)
    case_id = stranger.ask(house.devices)
    expect_refused(house.phone.open(case_id), "not that of an agent that you know")


def test_a_browser_that_is_no_device(house: House, chromium: Browser) -> None:
    server = house.agent.server
    context = chromium.new_context(locale="en-GB")
    device = BrowserDevice.made(context, server, sign_in(server, "Ana"))
    expect_refused(device.open(house.agent.ask(house.devices)), "has no device key")
    context.close()


def test_an_agent_whose_key_changes_is_loud_until_somebody_has_compared_its_words(house: House) -> None:
    house.phone.open(house.agent.ask(house.devices))
    anew = SealingAgent(house.agent.server, house.agent.agent_id)
    anew.register()
    page = house.phone.open(anew.ask(house.devices))
    expect_refused(page, "key has changed")
    words = [agent_fingerprint(one.keys.public) for one in (house.agent, anew)]
    for one in words:
        expect(page.locator("[data-more]")).to_contain_text(one)
    press(page, "The new words are right: trust them")
    expect(page.locator("[data-prompt]")).to_have_text(APPROVAL["prompt"])
    expect(page.locator("[data-more]")).to_contain_text(words[1])
    # The first key is still that of the agent, at another place.
    expect(house.phone.open(house.agent.ask(house.devices)).locator("[data-prompt]")).to_have_text(
        APPROVAL["prompt"]
    )


def approved(house: House) -> str:
    case_id = house.agent.ask(house.devices)
    page = house.phone.open(case_id)
    press(page, "Approve as shown")
    expect_outcome(page, "Answer sent")
    return case_id


def test_an_answer_that_a_server_has_exchanged_is_not_shown(house: House) -> None:
    """The answer to another question of the same agent to the same devices, from the same device."""
    first, second = approved(house), approved(house)
    other = house.agent.result(first)

    def exchange(route: Route) -> None:
        told = route.fetch().json()
        route.fulfill(json={**told, "result": {**told["result"], "data": other}})

    page = house.laptop.page
    page.route(f"**/api/v1/inbox/{second}", exchange)
    expect(house.laptop.open(second).locator(SAYS)).to_contain_text("The answer is not shown")
    expect(page.locator("[data-answered]")).to_be_hidden()
    page.unroute_all()


@pytest.mark.parametrize("reader", ["phone", "laptop"])
def test_a_draft_that_a_server_has_rolled_back_is_not_shown(house: House, reader: str) -> None:
    """Neither to the device that wrote the newer one nor to one that has only read it."""
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.phone.open(case_id)
    drafts = []
    for text in ("old", "new"):
        with page.expect_response(lambda response: "/draft" in response.url) as saved:
            page.get_by_label("Name").fill(text)
        drafts.append(json.loads(saved.value.request.post_data or "")["values"])
    spelt = [html.escape(json.dumps(draft, sort_keys=True)) for draft in drafts]

    def roll_back(route: Route) -> None:
        drawn = route.fetch()
        attribute = re.search(r'data-drafted="([^"]*)"', drawn.text())
        assert attribute is not None
        route.fulfill(response=drawn, body=drawn.text().replace(attribute.group(1), spelt[0]))

    page = {"phone": house.phone, "laptop": house.laptop}[reader].open(case_id)
    expect(page.get_by_label("Name")).to_have_value("new")
    page.route("**/review/*", roll_back)
    page.reload()
    expect(page.locator("[data-sealed] [data-saved]")).to_have_text(
        "What was typed before cannot be shown on this device."
    )
    expect(page.get_by_label("Name")).to_have_value("")
    page.unroute_all()
