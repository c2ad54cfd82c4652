"""What the protocol leaves open is nobody's defect: services with other habits pass, too."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from openhitl.conformance.check import Verdict
from openhitl.conformance.creation import Creation, parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import Results, run
from tests.conformance.broken import KEY, serving

OWN_BODY = (
    'POST /reviews {"type": "{type}", "prompt": "Ready?", "timeout": "{timeout}", "default_action": "skip", '
    '"context": {"items": [{"id": "a"}], "form": {"steps": [{"title": "One", "fields": [{"key": "name", '
    '"label": "Name", "type": "select", "required": true, "options": [{"value": "x", "label": "X"}]}]}]}}}'
)


def results_for(*habits: str, create: str = "POST /reviews", path: str = "", **more: Any) -> Results:
    with serving(*habits) as url:
        target = Target(
            url=url + path,
            creation=parse_creation(create),
            headers={"Authorization": f"Bearer {KEY}"},
            expiry_seconds=1,
            patience_seconds=2,
            **more,
        )
        return asyncio.run(run(target))


def ended(results: Results, verdict: Verdict) -> set[str]:
    return {one.check.id for one in results.outcomes if one.verdict is verdict}


@pytest.mark.parametrize(
    "habit",
    ["answers_below_page", "short_ids", "sent_back", "iso_timeouts", "gone_pages", "busy", "quiet_streams"],
)
def test_a_habit_hides_and_breaks_nothing(habit: str) -> None:
    results = results_for(habit)
    assert [(one.check.id, one.seen) for one in results.failed()] == []
    assert ended(results, Verdict.SKIPPED) == set()


def test_a_service_below_a_path_is_tested_there() -> None:
    results = results_for("mounted", path="/under/here")
    assert [(one.check.id, one.seen) for one in results.failed()] == []
    assert ended(results, Verdict.SKIPPED) == set()


def test_a_service_without_the_optional_parts_passes_what_is_left() -> None:
    results = results_for("no_discovery", "no_streams", "inline_never_offered")
    assert ended(results, Verdict.FAILED) == {"discovery.document"}
    skipped = ended(results, Verdict.SKIPPED)
    assert {one.partition(".")[0] for one in skipped} == {
        "discovery",
        "errors",
        "event_stream",
        "inline_submit",
        "tokens",
    }
    assert not {"errors.bodies", "tokens.entropy", "tokens.page_needs_token"} & skipped


def test_answers_that_are_taken_elsewhere_are_found_by_the_submit_url_or_said() -> None:
    found = results_for("answers_elsewhere")
    said = results_for(
        "answers_elsewhere", "wrong_tokens_are_404", respond="/cases/{case_id}/submission?token={token}"
    )
    assert ended(found, Verdict.FAILED) == set()
    assert {one.reason for one in found.outcomes if one.verdict is Verdict.SKIPPED} == {
        "the hitl object has no submit_url"
    }
    assert ended(said, Verdict.FAILED) == {"errors.wrong_token", "errors.wrong_submit_token"}
    assert ended(said, Verdict.SKIPPED) == set()


def test_where_answers_go_unknown_is_a_reason_and_no_finding() -> None:
    results = results_for("answers_elsewhere", "inline_never_offered")
    assert ended(results, Verdict.FAILED) == {"discovery.claims_offered"}
    reasons = {one.check.id: one.reason for one in results.outcomes}
    assert reasons["respond.once"] == (
        "where the review page sends answers is not known; say it with --respond"
    )


def test_a_creation_with_a_body_of_its_own_is_filled_in() -> None:
    results = results_for(create=OWN_BODY)
    assert ended(results, Verdict.FAILED) == {"discovery.claims_offered"}
    assert "lifecycle.expired" in ended(results, Verdict.PASSED)
    assert "hostile_input.questions" in ended(results, Verdict.SKIPPED)


def test_a_creation_is_method_path_and_body() -> None:
    assert parse_creation("POST /api/demo?type={type}") == Creation("POST", "/api/demo?type={type}")
    assert parse_creation('PUT /a {"b": 1}') == Creation("PUT", "/a", '{"b": 1}')
    for wrong in ("", "/api", "post /api", "POST"):
        with pytest.raises(ValueError, match="is not METHOD PATH"):
            parse_creation(wrong)
