"""Encrypted cases in Chromium against the real server: read, drafted, answered."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.encrypting import APPROVAL, drawn_id
from tests.browser.journeys import expect_outcome, press
from tests.browser.sealed.house import SAYS, House, controls


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
