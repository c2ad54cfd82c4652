"""Scanners that open every link in a browser, run its scripts and wait, change nothing. HITL v0.8 §7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Request

from openhitl.protocol.case import ACTIONS
from tests.door.test_flow import respond
from tests.servers import RunningServer, running

LOOKED_AT_SECONDS = 30
ANSWERS: dict[str, dict[str, Any]] = {
    "approval": {"action": "approve"},
    "selection": {"action": "select", "data": {"selected": ["job_001"]}},
    "input": {
        "action": "submit",
        "data": {"salary_expectation": 98000, "start_date": "2026-05-01", "work_authorization": "citizen"},
    },
    "confirmation": {"action": "confirm"},
    "escalation": {"action": "retry"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose demo gives out addresses that work without credentials, streams too."""
    with running(tmp_path_factory.mktemp("links"), demo=True) as running_server:
        yield running_server


@pytest.fixture
def scanner(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(user_agent="Mozilla/5.0 (compatible; LinkScanner/1.0)")
    yield context
    context.close()


def look_at(scanner: BrowserContext, url: str) -> tuple[list[Request], float]:
    """Open an address and let its scripts run for a while of the page's own time.

    Return what the page has asked for, and how many seconds passed in it.
    """
    page = scanner.new_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.goto(url, wait_until="commit")  # a stream never finishes loading
    page.wait_for_function("document.readyState !== 'loading' || !document.contentType.includes('html')")
    session = scanner.new_cdp_session(page)
    began = page.evaluate("Date.now()")
    expired: list[object] = []
    session.on("Emulation.virtualTimeBudgetExpired", lambda event: expired.append(event))
    session.send("Emulation.setVirtualTimePolicy", {"policy": "advance", "budget": LOOKED_AT_SECONDS * 1000})
    for _ in range(10_000):
        if expired:
            break
        session.send("Runtime.evaluate", {"expression": "1"})
    assert expired, "the page's time did not pass"
    passed = (page.evaluate("Date.now()") - began) / 1000
    page.close()
    return asked, passed


@pytest.mark.parametrize("review_type", sorted(ACTIONS))
def test_opening_every_link_of_a_question_and_waiting_changes_nothing(
    server: RunningServer, scanner: BrowserContext, review_type: str
) -> None:
    hitl = server.anyone.post("/api/demo", params={"type": review_type}).json()["hitl"]
    urls = {name: value for name, value in hitl.items() if name.endswith("_url") and value}
    assert {"review_url", "poll_url", "events_url"} <= urls.keys()
    views = [f"{hitl['review_url']}&view={view}" for view in ("reject", "edit", "cancel", "full", "sure")]
    before = server.anyone.get(hitl["poll_url"])
    for url in (*urls.values(), *views):
        asked, passed = look_at(scanner, url)
        assert {request.method for request in asked} == {"GET"}, url
        assert passed >= LOOKED_AT_SECONDS, url
    after = server.anyone.get(hitl["poll_url"])
    assert (after.headers["etag"], after.json()) == (before.headers["etag"], before.json())
    assert after.json()["status"] == "pending"
    answered = respond(server, hitl, ANSWERS[review_type])  # the token is as good as before
    assert answered.status_code == 200, answered.text
