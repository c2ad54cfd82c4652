"""An escalation's suggestions, taken and changed against the real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import ask, expect_outcome, follow, press, result
from tests.pages.samples import ESCALATION, SUGGESTIONS
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("escalations")) as server:
        yield server


def ask_with_suggestions(server: RunningServer) -> dict[str, Any]:
    return ask(server, "escalation", error={**ESCALATION["error"], "suggested_actions": SUGGESTIONS})


def test_a_suggestion_is_taken_and_shown_before_it_is_sent(server: RunningServer, page: Page) -> None:
    hitl = ask_with_suggestions(server)
    page.goto(hitl["review_url"])
    page.get_by_label("Retry with one pod first").check()
    press(page, "Retry…")
    expect(page.get_by_text("You changed 2 parameters")).to_be_visible()
    expect(page.get_by_label("Note for the agent")).to_have_value("Retry with one pod first")
    press(page, "Retry with 2 changes")
    expect_outcome(page, "To be retried")
    assert result(server, hitl)["data"] == {
        "modified_params": {"strategy": "canary", "timeout": 300},
        "reason": "Retry with one pod first",
    }


def test_a_suggestion_is_changed_and_words_of_ones_own_are_sent(server: RunningServer, page: Page) -> None:
    hitl = ask_with_suggestions(server)
    page.goto(hitl["review_url"])
    page.get_by_label("Retry with one pod first").check()
    press(page, "Retry…")
    follow(page, "Back")
    expect(page.get_by_label("canary")).to_be_checked()
    page.get_by_label("Timeout (seconds)", exact=True).fill("240")
    press(page, "Retry…")
    page.get_by_label("Note for the agent").fill("A little shorter.")
    press(page, "Retry with 2 changes")
    expect_outcome(page, "To be retried")
    assert result(server, hitl)["data"] == {
        "modified_params": {"strategy": "canary", "timeout": 240},
        "reason": "A little shorter.",
    }


def test_a_suggestion_in_words_becomes_the_reason_to_abort(server: RunningServer, page: Page) -> None:
    hitl = ask_with_suggestions(server)
    page.goto(hitl["review_url"])
    page.get_by_label("Abort and go back to v2.0.3").check()
    press(page, "Abort…")
    expect(page.get_by_label("Reason")).to_have_value("Abort and go back to v2.0.3")
    press(page, "Abort the task")
    expect_outcome(page, "Aborted")
    assert result(server, hitl)["data"] == {"reason": "Abort and go back to v2.0.3"}


def test_the_enter_key_in_a_parameter_goes_on_to_the_retry(server: RunningServer, page: Page) -> None:
    hitl = ask_with_suggestions(server)
    page.goto(hitl["review_url"])
    timeout = page.get_by_label("Timeout (seconds)", exact=True)
    timeout.fill("300")
    timeout.press("Enter")
    expect(page.get_by_text("You changed 1 parameter")).to_be_visible()


def test_the_agents_own_withdrawal_is_told_as_such(server: RunningServer, page: Page) -> None:
    hitl = ask_with_suggestions(server)
    response = server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel", json={})
    assert response.status_code == 200, response.text
    page.goto(hitl["review_url"])
    expect_outcome(page, "Closed without an answer")
    expect(page.get_by_text("by the agent")).to_be_visible()
