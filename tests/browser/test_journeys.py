"""People answering in a browser, against the real server, with and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from openhitl.words import words_for
from tests.browser.journeys import ask, expect_outcome, follow, press, result
from tests.pages.samples import LETTER, sample
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("journeys")) as server:
        yield server


def test_an_approval_is_one_tap(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    page.goto(hitl["review_url"])
    press(page, "Approve deployment")
    expect_outcome(page, "Approved")
    assert result(server, hitl) == {"action": "approve", "data": {}}


def test_a_rejection_says_why(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    page.goto(hitl["review_url"])
    follow(page, "Reject…")
    page.get_by_label("Reason").fill("Not on a Friday.\nReally.")
    press(page, "Reject deployment")
    expect_outcome(page, "Rejected")
    assert result(server, hitl) == {"action": "reject", "data": {"feedback": "Not on a Friday.\nReally."}}


def test_changes_are_requested_in_words(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    page.goto(hitl["review_url"])
    page.get_by_text("Request changes…").click()
    press(page, "Send change request")
    expect(page.get_by_role("alert")).to_contain_text("Say what the agent should change.")
    page.get_by_label("What should the agent change?").fill("Use the canary.")
    press(page, "Send change request")
    expect_outcome(page, "Changes requested")
    assert result(server, hitl) == {"action": "edit", "data": {"feedback": "Use the canary."}}


def test_the_text_is_edited_in_place_and_seen_again_before_it_is_sent(
    server: RunningServer, page: Page
) -> None:
    hitl = ask(server, "letter")
    page.goto(hitl["review_url"])
    follow(page, "Edit it myself")
    page.get_by_label("Cover letter").fill(LETTER.replace("five", "six"))
    press(page, "See my changes")
    expect(page.locator("ins")).to_have_text(["six"])
    press(page, "Approve with my edits")
    expect_outcome(page, "Approved with edits")
    edited = {"edits": {"content": LETTER.replace("five", "six")}}
    assert result(server, hitl) == {"action": "edit", "data": edited}


def test_a_selection_is_refused_until_it_fits_and_then_sent(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "selection", min=1)
    page.goto(hitl["review_url"])
    press(page, "Submit selection")
    expect(page.get_by_role("alert")).to_contain_text("Choose up to 2.")
    page.get_by_label("Staff Frontend Developer").check()
    page.get_by_label("Frontend Architect").check()
    page.get_by_text("Add a note").click()
    page.get_by_label("Note for the agent").fill("First one first.")
    page.locator("button[value=select]").click()
    expect_outcome(page, "Choice made")
    expected = {"selected": ["job_001", "job_003"], "note": "First one first."}
    assert result(server, hitl) == {"action": "select", "data": expected}


def test_none_of_them_is_an_answer(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "selection")
    page.goto(hitl["review_url"])
    press(page, "None of these")
    expect_outcome(page, "Choice made")
    assert result(server, hitl)["data"] == {"selected": []}


def test_a_part_is_confirmed(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "confirmation")
    page.goto(hitl["review_url"])
    page.get_by_label("Contoso — Senior React Engineer").uncheck()
    page.locator("button[value=confirm]").click()
    expect_outcome(page, "Confirmed")
    assert result(server, hitl)["data"] == {"confirmed_items": ["email_001", "email_003"]}


def test_a_risky_confirmation_asks_twice(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "confirmation", risk={"level": "high"})
    page.goto(hitl["review_url"])
    page.get_by_label("Contoso — Senior React Engineer").uncheck()
    page.locator("button[value=sure]").click()
    expect(page.get_by_text("Please confirm once more:")).to_be_visible()
    page.locator("button[value=confirm]").click()
    expect_outcome(page, "Confirmed")
    assert result(server, hitl)["data"] == {"confirmed_items": ["email_001", "email_003"]}


def test_not_going_ahead_is_an_answer(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "confirmation")
    page.goto(hitl["review_url"])
    press(page, "Don’t go ahead")
    expect_outcome(page, "Not confirmed")
    assert result(server, hitl) == {"action": "cancel", "data": {}}


def test_a_retry_with_other_parameters_lists_them_first(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "escalation")
    page.goto(hitl["review_url"])
    page.get_by_label("canary").check()
    page.get_by_label("Timeout (seconds)").fill("9000")
    press(page, "Retry…")
    expect(page.get_by_role("alert")).to_contain_text("Enter a number from 120 to 600.")
    page.get_by_label("Timeout (seconds)").fill("300")
    press(page, "Retry…")
    expect(page.get_by_text("You changed 2 parameters")).to_be_visible()
    press(page, "Retry with 2 changes")
    expect_outcome(page, "To be retried")
    expected = {"modified_params": {"strategy": "canary", "timeout": 300}}
    assert result(server, hitl) == {"action": "retry", "data": expected}


@pytest.mark.parametrize(
    ("way", "button", "title"),
    [("Skip…", "Skip this step", "Skipped"), ("Abort…", "Abort the task", "Aborted")],
)
def test_an_escalation_is_skipped_or_aborted(
    server: RunningServer, page: Page, way: str, button: str, title: str
) -> None:
    hitl = ask(server, "escalation")
    page.goto(hitl["review_url"])
    press(page, way)
    press(page, button)
    expect_outcome(page, title)
    assert result(server, hitl)["data"] == {}


def test_a_form_keeps_what_was_typed_until_it_is_right(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "form")
    page.goto(hitl["review_url"])
    page.get_by_label("Salary expectation").fill("a lot")
    press(page, "Send answers")
    expect(page.get_by_role("alert")).to_contain_text("Enter a number.")
    expect(page.get_by_role("alert")).to_contain_text("Work permit: This is required.")
    assert page.get_by_label("Salary expectation").input_value() == "a lot"
    page.get_by_label("Salary expectation").fill("95000,5")
    page.get_by_label("Earliest start").fill("2026-05-01")
    page.get_by_label("EU Blue Card").check()
    page.get_by_label("Card held since").fill("2024-01-01")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    expected = {
        "salary": 95000.5,
        "start": "2026-05-01",
        "permit": "blue_card",
        "visa_since": "2024-01-01",
        "relocate": False,
    }
    assert result(server, hitl) == {"action": "submit", "data": expected}


def fill_first_step(page: Page) -> None:
    page.get_by_label("Full legal name").fill("Bob Brown")
    page.get_by_label("Email address").fill("bob@example.com")
    page.get_by_label("Tax number").fill("DE 42")
    press(page, "Continue")
    expect_outcome(page, "Work preferences")


def test_a_wizard_goes_forward_back_and_through_reloads_without_losing_anything(
    server: RunningServer, page: Page
) -> None:
    hitl = ask(server, "wizard")
    page.goto(hitl["review_url"])
    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Email address: This is required.")
    fill_first_step(page)
    page.get_by_label("Project-based contract").check()
    page.get_by_label("Hourly rate").fill("95")
    press(page, "Back")
    expect_outcome(page, "Personal information")
    assert page.get_by_label("Full legal name").input_value() == "Bob Brown"
    assert page.get_by_label("Tax number").input_value() == ""
    expect(page.get_by_text("Your earlier entry is kept.")).to_be_visible()
    page.reload()
    assert page.get_by_label("Email address").input_value() == "bob@example.com"
    press(page, "Continue")
    expect_outcome(page, "Work preferences")
    assert page.get_by_label("Hourly rate").input_value() == "95"
    page.get_by_label("Backend").check()
    press(page, "Continue")
    expect_outcome(page, "Review and submit")
    page.go_back()
    expect_outcome(page, "Work preferences")
    page.go_forward()
    expect_outcome(page, "Review and submit")
    expect(page.get_by_text("•••••• (kept secret)")).to_be_visible()
    follow(page, "Change Full legal name")
    page.get_by_label("Full legal name").fill("Bob B. Brown")
    press(page, "Continue")
    press(page, "Continue")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    assert page.get_by_text("DE 42").count() == 0
    expected = {
        "full_name": "Bob B. Brown",
        "email": "bob@example.com",
        "tax_id": "DE 42",
        "employment": "contract",
        "hourly_rate": 95,
        "skills": ["backend"],
    }
    assert result(server, hitl) == {"action": "submit", "data": expected}


def test_answers_sent_too_early_are_refused_with_a_way_to_each_gap(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "wizard")
    page.goto(hitl["review_url"] + "&view=check")
    press(page, "Send answers")
    expect(page.get_by_role("alert")).to_contain_text("Email address: This is required.")
    follow(page, "Change Email address")
    expect_outcome(page, "Personal information")
    assert server.status(hitl)["status"] != "completed"


def test_the_agent_sees_how_far_the_human_is_but_no_secret(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "wizard")
    page.goto(hitl["review_url"])
    fill_first_step(page)
    body = server.status(hitl)
    assert body["status"] == "in_progress"
    progress = {"current_step": 2, "total_steps": 3, "completed_fields": 3, "total_fields": 6}
    assert body["progress"] == progress
    assert "DE 42" not in json.dumps(body)


def test_a_case_can_be_given_back(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    page.goto(hitl["review_url"])
    follow(page, "I can’t answer this…")
    page.get_by_label("Reason").fill("Ask the database team.")
    press(page, "Close without an answer")
    expect_outcome(page, "Closed without an answer")
    expect(page.get_by_text("Ask the database team.")).to_be_visible()
    body = server.status(hitl)
    assert (body["status"], body["reason"]) == ("cancelled", "Ask the database team.")


def test_a_second_answer_is_told_of_the_first(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    page.goto(hitl["review_url"])
    follow(page, "Reject…")
    page.get_by_label("Reason").fill("Not on a Friday.")
    other = page.context.new_page()
    other.goto(hitl["review_url"])
    press(other, "Approve deployment")
    expect_outcome(other, "Approved")
    other.close()
    press(page, "Reject deployment")
    expect_outcome(page, "Approved")
    expect(page.get_by_role("alert")).to_contain_text("This was not sent")
    expect(page.get_by_text("Not on a Friday.")).to_be_visible()
    assert result(server, hitl)["action"] == "approve"


def test_a_wrong_link_gets_a_page_that_gives_nothing_away(server: RunningServer, page: Page) -> None:
    hitl = ask(server, "approval")
    response = page.goto(hitl["review_url"][:-3] + "AAA")
    assert response is not None
    assert response.status == 401
    expect_outcome(page, "This link does not work")


def test_the_next_round_shows_what_changed(server: RunningServer, page: Page) -> None:
    first = ask(server, "letter")
    page.goto(first["review_url"])
    page.get_by_text("Request changes…").click()
    page.get_by_label("What should the agent change?").fill("Six, not five.")
    press(page, "Send change request")
    expect_outcome(page, "Changes requested")
    content = sample("letter").content
    artifact = {**content.context["artifact"], "content": LETTER.replace("five", "six")}
    second = server.ask(
        {
            "type": "approval",
            "prompt": content.prompt,
            "context": {**content.context, "artifact": artifact},
            "previous_case_id": first["case_id"],
        }
    )
    page.goto(second["review_url"])
    expect(page.get_by_text("Six, not five.")).to_be_visible()
    expect(page.locator("ins")).to_have_text(["six"])
    page.get_by_text("Preview", exact=True).click()
    expect(page.get_by_role("heading", name="Dear hiring team")).to_be_visible()


def test_an_edit_in_place_is_where_the_next_round_starts_from(server: RunningServer, page: Page) -> None:
    """HITL v0.8 §10.1, §15.3."""
    first = ask(server, "letter")
    page.goto(first["review_url"])
    follow(page, "Edit it myself")
    page.get_by_label("Cover letter").fill(LETTER.replace("five", "six"))
    press(page, "See my changes")
    press(page, "Approve with my edits")
    expect_outcome(page, "Approved with edits")
    content = sample("letter").content
    artifact = {**content.context["artifact"], "content": LETTER.replace("five", "six and a dog")}
    asked = {"type": "approval", "prompt": content.prompt, "previous_case_id": first["case_id"]}
    second = server.ask({**asked, "context": {**content.context, "artifact": artifact}})
    page.goto(second["review_url"])
    expect(page.get_by_text("as it was edited there")).to_be_visible()
    expect(page.locator("ins")).to_have_text([" and a dog"])
    page.goto(first["review_url"])
    said = f"look for ref {second['case_id'][-4:].upper()}"
    expect(page.get_by_text(said)).to_be_visible()


def test_a_browser_that_prefers_german_gets_german(server: RunningServer, chromium: Browser) -> None:
    hitl = ask(server, "approval")
    context = chromium.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(hitl["review_url"])
    expect(page.get_by_text(words_for("de").gettext("Written by the agent"), exact=True)).to_be_visible()
    context.close()
