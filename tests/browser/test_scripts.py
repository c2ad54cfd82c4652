"""What the scripts add, none of which the pages need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from openhitl.store.records import Draft
from tests.browser.gallery import EVERY
from tests.browser.stage import Stage, staged
from tests.pages.samples import NOW, made, sample, view

OPENED = "POST /reviews/review_approval_7f3k/opened"
DRAFT = "PUT /reviews/review_wizard_7f3k/draft"


@pytest.fixture
def stage(chromium: Browser) -> Iterator[Stage]:
    with staged(chromium) as stage:
        yield stage


def expect_post(stage: Stage, what: str) -> str:
    """Wait for a request of the page and return its body."""
    while not any(posted == what for posted, _ in stage.posts):
        stage.page.wait_for_event("requestfinished", lambda request: request.method != "GET")
    return next(body for posted, body in stage.posts if posted == what)


def test_times_are_said_in_the_readers_own_zone(stage: Stage) -> None:
    page = stage.show(EVERY["approval"])
    expect(page.locator("#deadline")).to_contain_text("20:00 today (Berlin), in 3 hours")


def test_a_page_is_opened_by_a_gesture_and_not_by_loading_it(stage: Stage) -> None:
    page = stage.show(EVERY["approval"])
    page.evaluate("dispatchEvent(new Event('scroll'))")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown'))")
    assert stage.posts == []
    page.mouse.click(5, 5)
    expect_post(stage, OPENED)
    page.mouse.click(9, 9)
    page.keyboard.press("Tab")
    assert [what for what, _ in stage.posts] == [OPENED]


def test_the_deadline_passes_on_an_open_page_and_keeps_what_was_typed(stage: Stage) -> None:
    page = stage.page
    page.clock.install(time=NOW)
    stage.show(view(sample("form")), frozen=False)
    page.clock.pause_at(NOW + timedelta(minutes=1))
    page.get_by_label("Anything else").fill("Half a sentence")
    page.clock.run_for("02:50:00")
    expect(page.locator("[data-announce]")).to_have_text("10 minutes left to answer.")
    page.clock.run_for("00:08:30")
    expect(page.locator("[data-announce]")).to_have_text("1 minute left to answer.")
    expect(page.locator("#deadline")).to_contain_text(re.compile(r"in 3\d seconds"))
    page.clock.run_for("00:00:39")
    expect(page.locator("#over")).to_contain_text("Expired at 20:00 today (Berlin).")
    expect(page.locator(".bar")).to_be_hidden()
    assert page.get_by_label("Anything else").input_value() == "Half a sentence"


def test_an_answer_is_sent_once_however_often_it_is_tapped(stage: Stage) -> None:
    page = stage.show(EVERY["approval"])
    page.get_by_role("button", name="Approve deployment").dblclick()
    page.evaluate("document.querySelector('form.bar').requestSubmit()")
    expect(page.locator("form.bar [data-sending]")).to_have_text("Sending…")
    answers = [body for what, body in stage.posts if what.endswith("/respond")]
    assert len(answers) == 1
    assert "submission_id=sub_1" in answers[0]


def test_without_a_connection_nothing_is_claimed_to_be_sent(stage: Stage) -> None:
    page = stage.show(EVERY["approval"])
    page.context.set_offline(True)
    page.get_by_role("button", name="Approve deployment").click()
    expect(page.locator("form.bar [data-sending]")).to_have_text("Not sent: no connection. Try again.")
    page.context.set_offline(False)
    assert not any(what.endswith("/respond") for what, _ in stage.posts)


def test_choices_are_counted_on_the_button(stage: Stage) -> None:
    page = stage.show(EVERY["selection"])
    expect(page.locator("[data-count]")).to_have_text("0 of 3 chosen")
    page.get_by_label("Senior React Engineer").check()
    expect(page.get_by_role("button", name="Submit 1 choice")).to_be_visible()
    page.locator(".pick").nth(2).click()
    expect(page.get_by_role("button", name="Submit 2 choices")).to_be_visible()
    expect(page.locator("[data-count]")).to_have_text("2 of 3 chosen")


def test_a_choice_of_one_is_not_counted(stage: Stage) -> None:
    page = stage.show(EVERY["selection-one"])
    page.get_by_label("Senior React Engineer").check()
    expect(page.get_by_role("button", name="Submit selection")).to_be_visible()
    assert page.locator("[data-count]").count() == 0


def test_dates_are_written_as_the_reader_writes_them(stage: Stage) -> None:
    page = stage.show(view(made("approval", "Go?", {}, expires_at=NOW + timedelta(days=7))))
    expect(page.locator("#deadline time")).to_have_text("17:00 Fri 27 Feb")


@pytest.mark.parametrize(("prompt", "direction"), [("בחר משרה", "rtl"), ("Choose a job", "ltr")])
def test_the_question_stands_in_its_own_direction(stage: Stage, prompt: str, direction: str) -> None:
    page = stage.show(view(made("approval", prompt, {})))
    assert page.locator("h1").evaluate("(h1) => getComputedStyle(h1).direction") == direction


def test_a_partial_confirmation_is_counted_on_its_button(stage: Stage) -> None:
    page = stage.show(EVERY["confirmation"])
    expect(page.get_by_role("button", name="Confirm 3 items")).to_be_visible()
    page.locator("#choice-1").uncheck()
    expect(page.get_by_role("button", name="Confirm 2 items")).to_be_visible()


def test_long_lists_are_filtered_but_never_hide_what_is_chosen(stage: Stage) -> None:
    page = stage.show(EVERY["selection-many"])
    page.get_by_label("Choice number 3", exact=True).check()
    page.get_by_label("Filter").fill("number 11")
    expect(page.locator("[data-found]")).to_have_text("2 of 12 shown")
    expect(page.get_by_label("Choice number 11")).to_be_visible()
    expect(page.get_by_label("Choice number 3", exact=True)).to_be_visible()
    expect(page.get_by_label("Choice number 4", exact=True)).to_be_hidden()


def test_a_long_list_of_options_is_narrowed_down_but_keeps_what_is_chosen(stage: Stage) -> None:
    page = stage.show(EVERY["long-list"])
    country = page.get_by_label("Country", exact=True)
    country.select_option("c7")
    page.get_by_label("Narrow the list down").fill("try 3")
    assert country.locator("option").all_inner_texts()[:3] == ["Choose…", "Country 3", "Country 7"]
    expect(page.locator("[data-found]")).to_have_text("14 of 40 shown")
    country.select_option("c39")
    page.get_by_label("Narrow the list down").fill("")
    expect(country.locator("option")).to_have_count(41)
    expect(country).to_have_value("c39")


def test_a_suggestion_fills_in_its_parameters_and_takes_them_back(stage: Stage) -> None:
    page = stage.show(EVERY["suggestions"])
    timeout = page.get_by_label("Timeout (seconds)", exact=True)
    expect(timeout).to_have_value("300")
    page.get_by_label("Try it dry").check()
    expect(timeout).to_have_value("120")
    expect(page.get_by_label("rolling")).to_be_checked()
    expect(page.get_by_label("Yes")).to_be_checked()
    page.get_by_label("Retry with one pod first").check()
    expect(page.get_by_label("canary")).to_be_checked()
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    timeout.fill("240")
    page.get_by_label("None of these").check()
    expect(timeout).to_have_value("240")
    expect(page.get_by_label("rolling")).to_be_checked()


@pytest.mark.parametrize("name", ["selection", "confirmation"])
def test_the_enter_key_on_a_tick_decides_nothing(stage: Stage, name: str) -> None:
    page = stage.show(EVERY[name])
    page.locator("#choice-1").press("Enter")
    page.locator("#choice-1").press("Space")
    assert [what for what, _ in stage.posts if not what.endswith("/opened")] == []
    page.locator(".bar .primary").click()
    assert expect_post(stage, f"POST /reviews/review_{name}_7f3k/respond")


def test_conditional_fields_appear_when_their_condition_holds(stage: Stage) -> None:
    page = stage.show(EVERY["wizard-2"])
    expect(page.get_by_label("Hourly rate")).to_be_visible()
    expect(page.locator("#f-annual_salary")).to_be_hidden()
    page.get_by_label("Full-time").check()
    expect(page.locator("#f-annual_salary")).to_be_visible()
    expect(page.get_by_label("Hourly rate")).to_be_hidden()
    expect(page.get_by_text("Only if").first).to_be_hidden()


def _condition_form(operator: str, value: Any, kind: dict[str, Any]) -> dict[str, Any]:
    fields = [
        {"key": "first", "label": "First", **kind},
        {
            "key": "second",
            "label": "Second",
            "type": "text",
            "conditional": {"field": "first", "operator": operator, "value": value},
        },
    ]
    return {"form": {"fields": fields}}


_NUMBER = {"type": "number"}
_TEXT = {"type": "text"}


@pytest.mark.parametrize(
    ("operator", "value", "kind", "typed", "shown"),
    [
        ("eq", 5, _NUMBER, "5,0", True),
        ("eq", 5, _NUMBER, "6", False),
        ("neq", "a", _TEXT, "", True),
        ("neq", "a", _TEXT, "a", False),
        ("in", ["a", "b"], _TEXT, "b", True),
        ("in", ["a", "b"], _TEXT, "c", False),
        ("gt", 5, _NUMBER, "5.5", True),
        ("gt", 5, _NUMBER, "", False),
        ("lt", 5, _NUMBER, "4", True),
        ("lt", "2026-01-01", {"type": "date"}, "2025-12-31", True),
    ],
)
def test_conditions_mean_the_same_in_the_browser_as_on_the_server(
    stage: Stage, operator: str, value: Any, kind: dict[str, Any], typed: str, shown: bool
) -> None:
    stored = made("input", "Tell us", _condition_form(operator, value, kind))
    page = stage.show(view(stored))
    page.locator("#f-first").fill(typed)
    expect(page.locator("#f-second")).to_be_visible(visible=shown)


def test_typing_is_saved_as_a_draft_without_secrets(stage: Stage) -> None:
    page = stage.show(EVERY["wizard-1"])
    page.get_by_label("Tax number").fill("DE 42")
    page.get_by_label("Full legal name").fill("Bob")
    body = json.loads(expect_post(stage, DRAFT))
    assert body["version"] == 0
    assert body["step"] == 1
    assert body["values"]["full_name"] == "Bob"
    assert "tax_id" not in body["values"]
    expect(page.locator("[data-saved]")).to_contain_text("Saved")
    assert page.locator("input[name=version]").first.input_value() == "1"


def test_a_draft_changed_elsewhere_is_said_and_not_overwritten(stage: Stage) -> None:
    stage.draft_status = 409
    page = stage.show(EVERY["wizard-2"])
    page.get_by_label("Hourly rate").fill("96")
    expect(page.locator("[data-saved]")).to_have_text(
        "Changed on another device. Reload to see that version."
    )


def test_a_stored_value_is_fetched_when_its_field_is_shown(stage: Stage) -> None:
    field = {"key": "iban", "label": "Account", "type": "text", "default_ref": "https://example.com/iban"}
    stage.prefill = "DE55 1234"
    page = stage.show(view(made("input", "Tell us", {"form": {"fields": [field]}})))
    expect(page.get_by_label("Account")).to_have_value("DE55 1234")
    expect(page.get_by_role("button", name="Fill in the stored value")).to_be_hidden()


def test_a_secret_can_be_looked_at(stage: Stage) -> None:
    page = stage.show(EVERY["wizard-1"])
    box = page.get_by_label("Tax number")
    assert box.get_attribute("type") == "password"
    page.get_by_role("button", name="Show").click()
    assert box.get_attribute("type") == "text"


def test_a_slider_and_its_box_go_together(stage: Stage) -> None:
    draft = Draft(values={"employment": "fulltime"}, version=1, saved_at=NOW)
    page = stage.show(view(sample("wizard"), query={"step": "2"}, draft=draft))
    expect(page.locator("[data-unset]")).to_be_visible()
    page.locator("input[type=range]").fill("60000")
    expect(page.locator("#f-annual_salary")).to_have_value("60000")
    expect(page.locator("[data-unset]")).to_be_hidden()


def test_errors_take_the_focus_and_lead_to_their_field(stage: Stage) -> None:
    page = stage.show(EVERY["form-wrong"])
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_role("link", name="Salary expectation (EUR a year): Enter a number.").click()
    expect(page.get_by_label("Salary expectation")).to_be_focused()


def test_a_new_step_takes_the_focus(stage: Stage) -> None:
    page = stage.show(EVERY["wizard-2"])
    expect(page.get_by_role("heading", level=1)).to_be_focused()
