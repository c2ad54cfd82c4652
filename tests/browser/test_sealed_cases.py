"""Encrypted cases in Chromium against the real server: read, drafted, answered; refused if they are wrong."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from openhitl.protocol.sealed.head import Direction
from tests.browser.encrypting import APPROVAL, BrowserDevice, SealingAgent, drawn_id
from tests.browser.journeys import expect_outcome, press
from tests.browser.offline import CONTROLLED, KEPT
from tests.people import owned_agent, sign_in
from tests.servers import running

SAYS = "[data-says]"


@dataclass
class House:
    agent: SealingAgent
    person: str
    phone: BrowserDevice
    laptop: BrowserDevice

    @property
    def devices(self) -> list[bytes]:
        return [self.phone.public, self.laptop.public]


@pytest.fixture(scope="module")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two browsers of one person are two devices; the agent knows both."""
    with running(tmp_path_factory.mktemp("sealed")) as server:
        sessions = [sign_in(server, "Ana"), sign_in(server, "Ana")]
        agent = SealingAgent(server, owned_agent(server, sessions[0]))
        agent.register()
        sizes = [{"width": 390, "height": 844}, {"width": 1280, "height": 800}]
        contexts = [chromium.new_context(viewport=size, locale="en-GB") for size in sizes]
        devices = []
        for context, session in zip(contexts, sessions, strict=True):
            device = BrowserDevice.made(context, server, session)
            device.become_device(session)
            devices.append(device)
        phone, laptop = devices
        yield House(agent, sessions[0].person.actor_id, phone, laptop)
        for context in contexts:
            context.close()


@pytest.fixture(autouse=True)
def no_faults(house: House) -> Iterator[None]:
    yield
    assert house.phone.faults + house.laptop.faults == []


def controls(page: Page) -> int:
    """Count the buttons that can be seen and would answer."""
    return page.locator("[data-answer] button:visible").count()


def test_a_question_is_read_on_one_device_and_answered_and_read_on_the_other(house: House) -> None:
    case_id = house.agent.ask(house.devices)
    page = house.phone.open(case_id)
    expect(page.get_by_role("heading", level=1)).to_have_text(APPROVAL["prompt"])
    zone = page.get_by_role("region", name="Written by the agent")
    expect(zone).to_contain_text("All tests pass.")
    expect(zone.locator("pre")).to_have_text("git log --oneline -3")
    expect(zone.get_by_role("link")).to_have_attribute("href", "https://ci.example.com/run/17")
    expect(page.locator(".banner", has_text="Low risk")).to_be_visible()
    expect(zone).to_contain_text("Commits: 3")
    press(page, "Approve as shown")
    expect_outcome(page, "Answer sent")
    opened = house.agent.answer(case_id)
    assert (opened.body["action"], opened.body["data"]) == ("approve", {})
    assert opened.sender == house.phone.public
    for device in (house.phone, house.laptop):
        page = device.open(case_id)
        expect(page.locator("[data-prompt]")).to_have_text(APPROVAL["prompt"])
        expect(page.locator("[data-answered]")).to_contain_text("Approved")
        assert controls(page) == 0


def test_a_refusal_says_why(house: House) -> None:
    case_id = house.agent.ask(house.devices)
    page = house.phone.open(case_id)
    press(page, "Reject…")
    page.get_by_label("Reason").fill("Not on a Friday")
    press(page, "Reject")
    expect_outcome(page, "Answer sent")
    body = house.agent.answer(case_id).body
    assert (body["action"], body["data"]) == ("reject", {"feedback": "Not on a Friday"})


def test_a_history_says_what_was_asked_and_answered_on_devices_that_can_read_it(house: House) -> None:
    case_id = house.agent.ask(house.devices)
    press(house.phone.open(case_id), "Approve as shown")
    expect_outcome(house.phone.page, "Answer sent")
    page = house.laptop.page
    page.goto(f"{house.laptop.url}/inbox/history")
    row = page.locator(f'.entry[data-sealed-row$="{case_id}"]')
    expect(row.get_by_role("heading")).to_have_text(APPROVAL["prompt"])
    expect(row.locator(".pill")).to_have_text("Approved")
    older = house.agent.ask([house.phone.public])
    press(house.phone.open(older), "Reject…")
    press(house.phone.page, "Reject")
    expect_outcome(house.phone.page, "Answer sent")
    page.reload()
    row = page.locator(f'.entry[data-sealed-row$="{older}"]')
    expect(row.get_by_role("heading")).to_have_text("Encrypted request")
    expect(row.locator(".pill")).to_have_text("Answer sent")
    # What the worker of these pages fetches, no route of another test would see.
    page.evaluate("navigator.serviceWorker.ready.then((worker) => worker.unregister())")


def test_a_question_of_the_older_program_is_answered_in_words_and_choices(house: House) -> None:
    device = house.phone.public
    case_id = house.agent.ask_older(device, {"prompt": "Which size?", "choices": ["small", "large"]})
    page = house.phone.open(case_id)
    expect(page.locator(SAYS)).to_contain_text("older program")
    page.get_by_label("large").check()
    press(page, "Submit selection")
    expect_outcome(page, "Answer sent")
    assert house.agent.older_answer(case_id, device) == {"response": "large"}
    case_id = house.agent.ask_older(device, {"summary": "All done. Anything else?"})
    page = house.phone.open(case_id)
    expect(page.locator("[data-prompt]")).to_have_text("All done. Anything else?")
    page.get_by_role("textbox").fill("Größe 👍")
    press(page, "Send answers")
    expect_outcome(page, "Answer sent")
    assert house.agent.older_answer(case_id, device) == {"response": "Größe 👍"}
    expect(page.locator("[data-answered]")).to_contain_text("Größe 👍")


FORM = {
    "fields": [
        {"key": "action", "label": "Environment", "type": "select", "required": True, "options": [
            {"value": "prod", "label": "Production"}, {"value": "test", "label": "Test"}]},
        {"key": "why", "label": "Why?", "type": "textarea", "conditional": {
            "field": "action", "operator": "eq", "value": "prod"}, "required": True},
        {"key": "count", "label": "How many?", "type": "number", "validation": {"min": 1, "max": 9}},
        {"key": "loud", "label": "Loudly", "type": "boolean"},
        {"key": "token", "label": "Token", "type": "text", "sensitive": True},
    ]
}  # fmt: skip


def test_a_form_is_begun_on_one_device_and_ended_on_the_other(house: House) -> None:
    body = {"prompt": "Where to?", "type": "input", "context": {"form": FORM}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.phone.open(case_id)
    expect(page.get_by_label("Why?")).to_be_hidden()
    page.get_by_label("Environment").select_option("prod")
    page.get_by_label("Token").fill("geheim")
    with page.expect_response(lambda response: response.url.partition("?")[0].endswith("/draft")) as saved:
        page.get_by_label("Why?").fill("Because it is time")
    assert saved.value.status == 204
    sent = saved.value.request.post_data or ""
    assert "envelope" in sent
    assert "time" not in sent
    expect(page.locator("[data-sealed] [data-saved]")).to_have_text("Saved")
    page = house.laptop.open(case_id)
    expect(page.get_by_label("Why?")).to_have_value("Because it is time")
    expect(page.get_by_label("Token")).to_have_value("")
    page.get_by_label("How many?").fill("12")
    press(page, "Send answers")
    assert page.get_by_label("How many?").evaluate("input => input.validity.rangeOverflow")
    page.get_by_label("How many?").fill("3")
    page.get_by_label("Token").fill("geheim")
    press(page, "Send answers")
    expect_outcome(page, "Answer sent")
    opened = house.agent.answer(case_id)
    assert opened.sender == house.laptop.public
    given = {"action": "prod", "why": "Because it is time", "count": 3, "loud": False, "token": "geheim"}
    assert opened.body["data"] == given
    answer = house.phone.open(case_id).locator("[data-answered]")
    expect(answer).to_contain_text("Because it is time")
    expect(answer).to_contain_text("kept secret")
    expect(answer).not_to_contain_text("geheim")


@pytest.mark.parametrize(
    ("body", "steps", "action", "data"),
    [
        (
            {"type": "selection", "context": {"items": [{"id": "a"}, {"id": "b", "label": "Ben"}]}},
            [("pick", "Ben"), ("press", "Submit selection")],
            "select",
            {"selected": ["b"]},
        ),
        (
            {"type": "confirmation", "context": {"partial": True, "items": [{"id": "a"}, {"id": "b"}]}},
            [("pick", "a"), ("press", "Confirm")],
            "confirm",
            {"confirmed_items": ["b"]},
        ),
        (
            {"type": "confirmation", "context": {"irreversible": True}},
            [("press", "Don’t go ahead")],
            "cancel",
            {},
        ),
        (
            {"type": "escalation", "context": {
                "error": {"title": "Timeout", "summary": "It took too long"}, "params": {"retries": 3}}},
            [("fill", "Retries", "5"), ("press", "Retry")],
            "retry",
            {"modified_params": {"retries": 5}},
        ),
        (
            {"type": "approval", "context": {"risk": "high", "artifact": {"content": "Hello"}}},
            [("press", "Approve as shown"), ("last", "Approve as shown")],
            "approve",
            {},
        ),
        (
            {"type": "approval", "context": {}},
            [("text", "Request changes…"), ("fill", "What should the agent change?", "Shorter"),
             ("press", "Send change request")],
            "edit",
            {"feedback": "Shorter"},
        ),
    ],
)  # fmt: skip
def test_every_type_of_question_is_answered(house: House, body, steps, action, data) -> None:
    case_id = house.agent.ask(house.devices, {"prompt": "Please look", "default_action": "skip", **body})
    page = house.phone.open(case_id)
    expect(page.locator("[data-answer] .bar")).to_be_visible()
    for kind, name, *more in steps:
        if kind == "text":
            page.get_by_text(name, exact=True).click()
        elif kind == "pick":
            page.get_by_label(name, exact=True).click()
        elif kind == "fill":
            page.get_by_label(name).fill(*more)
        else:
            button = page.get_by_role("button", name=name, exact=True)
            (button.last if kind == "last" else button).click()
    expect_outcome(page, "Answer sent")
    content = house.agent.answer(case_id)
    assert (content.body["action"], content.body["data"]) == (action, data)


# What must not be shown


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


def test_a_draft_that_was_not_saved_hides_none_that_was(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.phone.open(case_id)
    line = page.locator("[data-sealed] [data-saved]")
    page.get_by_label("Name").fill("kept")
    expect(line).to_have_text("Saved")
    page.route("**/draft*", lambda route: route.abort())
    page.get_by_label("Name").fill("lost")
    expect(line).to_have_text("Not saved: no connection.")
    page.unroute_all()
    page = house.phone.open(case_id)
    expect(page.get_by_label("Name")).to_have_value("kept")
    expect(line).to_be_empty()
    page.get_by_label("Name").fill("newer")
    expect(line).to_have_text("Saved")
    expect(house.laptop.open(case_id).get_by_label("Name")).to_have_value("newer")


def test_a_browser_that_keeps_no_drafts_answers_all_the_same(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    case_id = house.agent.ask(house.devices, body)
    page = house.laptop.context.new_page()
    page.add_init_script(
        """const { transaction } = IDBDatabase.prototype;
        IDBDatabase.prototype.transaction = function (name, ...more) {
          if (name === "drafts") throw new DOMException("full", "QuotaExceededError");
          return transaction.call(this, name, ...more);
        };"""
    )
    page.goto(f"{house.laptop.url}/review/{case_id}")
    expect(page.locator("[data-sealed] [data-saved]")).to_have_text(
        "What you type here is not saved: send it before you leave this page."
    )
    expect(page.locator(SAYS)).not_to_contain_text("could not be shown")
    page.get_by_label("Name").fill("Bo")
    press(page, "Send answers")
    expect_outcome(page, "Answer sent")
    assert house.agent.answer(case_id).body["data"] == {"name": "Bo"}
    page.close()


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


def test_what_the_agent_wrote_is_text_and_nothing_in_it_hides(house: House) -> None:
    prompt = "Pay \u202e0001\u202c <img src=x onerror=alert(1)>"
    context = {"note\u200b": "<script>alert(2)</script>", "link": "javascript:alert(3)"}
    page = house.phone.open(
        house.agent.ask(house.devices, {**APPROVAL, "prompt": prompt, "context": context})
    )
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Pay ⟦U+202E⟧0001⟦U+202C⟧ <img src=x onerror=alert(1)>"
    )
    zone = page.get_by_role("region", name="Written by the agent")
    expect(zone).to_contain_text("<script>alert(2)</script>")
    expect(zone).to_contain_text("⟦U+200B⟧")
    assert zone.locator("img, script").count() == 0
    assert zone.locator("a[href^=javascript]").count() == 0


def test_the_enter_key_sends_nothing(house: House) -> None:
    form = {"fields": [{"key": "name", "label": "Name", "type": "text"}]}
    body = {"prompt": "Name?", "type": "input", "context": {"form": form}, "default_action": "skip"}
    page = house.phone.open(house.agent.ask(house.devices, body))
    page.get_by_label("Name").fill("Ana")
    page.get_by_label("Name").press("Enter")
    expect(page.locator("[data-sealed] [data-saved]")).to_have_text("Saved")
    assert page.locator("[data-answer] .bar").is_visible()


def test_without_scripts_the_page_says_what_is_needed(house: House, chromium: Browser) -> None:
    context = chromium.new_context(
        java_script_enabled=False, storage_state=house.phone.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{house.phone.url}/review/{house.agent.ask(house.devices)}")
    expect(page.locator(".banner noscript p")).to_contain_text("Your browser runs no scripts")
    context.close()


def test_rows_of_the_inbox_have_the_titles_that_only_devices_can_read(house: House) -> None:
    mine = house.agent.ask(house.devices, {**APPROVAL, "prompt": "Only for \u202ethe phone"})
    moved = house.agent.post(house.agent.seal(house.devices, APPROVAL, drawn_id()), drawn_id())
    page = house.phone.page
    page.goto(f"{house.phone.url}/inbox")
    expect(page.locator(f"#row-{mine} h3")).to_have_text("Only for ⟦U+202E⟧the phone")
    expect(page.locator(f"#row-{moved} h3")).to_have_text("Encrypted request")
    later = house.agent.ask(house.devices, {**APPROVAL, "prompt": "Asked later"})
    expect(page.locator(f"#row-{later} h3")).to_have_text("Asked later")


def test_a_title_in_a_row_makes_no_agent_known(house: House) -> None:
    """The page of the first question says that it is the first, whatever was listed before."""
    house.laptop.page.evaluate("indexedDB.deleteDatabase('openhitl-pins')")
    case_id = house.agent.ask(house.devices)
    page = house.laptop.page
    page.goto(f"{house.laptop.url}/inbox")
    expect(page.locator(f"#row-{case_id} h3")).to_have_text(APPROVAL["prompt"])
    expect(house.laptop.open(case_id).locator(SAYS)).to_contain_text("first encrypted request")
    expect(house.laptop.open(case_id).locator(SAYS)).to_contain_text("This server cannot read it")
