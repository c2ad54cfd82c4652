"""People answering the example services, each under its real server, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from examples.services.__main__ import PORTS
from playwright.sync_api import Page

from tests.browser.journeys import expect_outcome, follow, press
from tests.service.started import example_services


@pytest.fixture(scope="module", autouse=True)
def services() -> Iterator[None]:
    with example_services(*PORTS):
        yield


def opened(page: Page, name: str, review_type: str) -> dict[str, Any]:
    """Ask a service for a sample question, open its page, and return the hitl object."""
    asked = httpx2.post(f"http://localhost:{PORTS[name]}/api/demo?type={review_type}", trust_env=False)
    hitl: dict[str, Any] = asked.json()["hitl"]
    page.goto(hitl["review_url"])
    return hitl


def result(hitl: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = httpx2.get(hitl["poll_url"], trust_env=False).json()
    assert body["status"] == "completed", body
    return {"action": body["result"]["action"], "data": body["result"]["data"]}


@pytest.mark.parametrize("name", PORTS)
def test_an_approval_is_given(page: Page, name: str) -> None:
    hitl = opened(page, name, "approval")
    page.locator("button[value=approve]").click()
    expect_outcome(page, "Approved")
    assert result(hitl) == {"action": "approve", "data": {}}


def test_items_are_selected(page: Page) -> None:
    hitl = opened(page, "flask", "selection")
    page.locator("input[value=job_001]").check()
    page.locator("input[value=job_003]").check()
    page.locator("button[value=select]").click()
    expect_outcome(page, "Choice made")
    assert result(hitl) == {"action": "select", "data": {"selected": ["job_001", "job_003"]}}


def test_a_form_is_filled_in(page: Page) -> None:
    hitl = opened(page, "flask", "input")
    page.get_by_label("Salary expectation").fill("95000")
    page.get_by_label("Earliest start").fill("2026-12-01")
    page.get_by_label("EU Blue Card").check()
    press(page, "Check answers")
    press(page, "Send answers")
    expect_outcome(page, "Answers sent")
    expected = {"salary_expectation": 95000, "start_date": "2026-12-01", "work_authorization": "blue_card"}
    assert result(hitl) == {"action": "submit", "data": expected}


def test_something_irreversible_is_confirmed(page: Page) -> None:
    hitl = opened(page, "flask", "confirmation")
    press(page, "Confirm all 2 items")
    expect_outcome(page, "Confirmed")
    assert result(hitl)["action"] == "confirm"


def test_a_failed_step_is_skipped(page: Page) -> None:
    hitl = opened(page, "flask", "escalation")
    follow(page, "Skip…")
    press(page, "Skip this step")
    expect_outcome(page, "Skipped")
    assert result(hitl) == {"action": "skip", "data": {}}
