"""The validator finds what the wire objects' schemas do not allow, and says where."""

from __future__ import annotations

from typing import Any

import pytest

from openhitl.conformance.schema import instant, problems
from openhitl.conformance.wire_objects import (
    DISCOVERY,
    EVENTS,
    FORM,
    HITL_OBJECT,
    VERIFICATION_POLICY,
    poll_body,
)

HITL: dict[str, Any] = {
    "spec_version": "0.8",
    "case_id": "review_1",
    "review_url": "https://a.example/review/1?token=t",
    "poll_url": "http://localhost:3456/api/reviews/1/status",
    "type": "approval",
    "prompt": "Ready?",
    "created_at": "2026-02-20T10:00:00Z",
    "expires_at": "2026-02-21T10:00:00.5+01:00",
}
POLL: dict[str, Any] = {"status": "completed", "case_id": "review_1", "completed_at": "2026-02-20T10:00:00Z"}
RESULT = {"action": "approve", "data": {}}
POLICY = {
    "mode": "required",
    "required_for": ["inline_submit"],
    "requirements": {"any_of": [{"all_of": [{"proof_type": "proof_of_human", "provider": "x"}]}]},
    "binding": {"case_id": True, "action": True, "freshness_seconds": 300, "single_use": True},
    "fallback": {"on_missing": "browser_review", "on_invalid": "reject"},
}


def test_objects_of_the_protocol_fit() -> None:
    assert list(problems(HITL, HITL_OBJECT)) == []
    assert list(problems({**HITL, "type": "x-our-own", "callback_url": None}, HITL_OBJECT)) == []
    assert list(problems({**HITL, "verification_policy": POLICY}, HITL_OBJECT)) == []
    assert list(problems({**POLL, "result": RESULT}, poll_body("completed"))) == []
    assert list(problems({"hitl_protocol": {"spec_version": "0.8"}}, DISCOVERY)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"spec_version": "0.7"}, "spec_version is '0.7', not '0.8'"),
        ({"case_id": "a/b"}, r"case_id is 'a/b', which does not match ^[a-zA-Z0-9_-]+\Z"),
        ({"case_id": "a\n"}, r"case_id is 'a\n', which does not match ^[a-zA-Z0-9_-]+\Z"),
        ({"prompt": "x" * 501}, "prompt has more than 500 characters"),
        ({"prompt": 7}, "prompt is not of type string"),
        ({"type": "vote"}, "type fits none of its alternatives"),
        ({"default_action": "go"}, "default_action is 'go', none of 'skip', 'approve', 'reject', 'abort'"),
        ({"expires_at": "tomorrow"}, "expires_at is 'tomorrow', which is no date-time"),
        (
            {"expires_at": "2026-02-30T10:00:00Z"},
            "expires_at is '2026-02-30T10:00:00Z', which is no date-time",
        ),
        ({"vendor": "us"}, "vendor is not defined"),
        ({"submit_token": "t" * 43}, "submit_url is missing beside submit_token"),
        ({"reminder_at": ["soon"]}, "reminder_at fits none of its alternatives"),
        ({"inline_actions": ["confirm", 1]}, "inline_actions[1] is not of type string"),
    ],
)
def test_a_hitl_object_that_does_not_fit_is_told_where(change: dict[str, Any], problem: str) -> None:
    """HITL v0.8 §6 "HITL Object Fields"."""
    assert list(problems({**HITL, **change}, HITL_OBJECT)) == [problem]


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/review",
        "ftp://localhost/",
        "http://localhost.evil.example/",
        "https:///path",
        "https:",
    ],
)
def test_addresses_are_https_or_on_this_machine(url: str) -> None:
    """HITL v0.8 §13.3."""
    assert any(problems({**HITL, "review_url": url}, HITL_OBJECT))


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        ("pending", ["created_at", "expires_at"]),
        ("opened", ["created_at", "opened_at", "expires_at"]),
        ("completed", ["completed_at", "result"]),
        ("expired", ["expired_at", "default_action"]),
        ("cancelled", ["cancelled_at"]),
    ],
)
def test_a_poll_body_brings_what_its_status_needs(status: str, missing: list[str]) -> None:
    """HITL v0.8 §8 "Poll Field Definitions"."""
    body = {"status": status, "case_id": "review_1"}
    assert list(problems(body, poll_body(status))) == [f"{name} is missing" for name in missing]


def test_a_poll_body_of_no_known_status_is_one() -> None:
    assert list(problems({"status": ["open"], "case_id": "1"}, poll_body(["open"]))) == [
        "status is not of type string"
    ]


def test_a_form_has_fields_or_steps_and_never_both() -> None:
    """HITL v0.8 §10.3.2."""
    assert list(problems({"fields": []}, FORM)) == []
    assert list(problems({"fields": [], "steps": []}, FORM)) == [" fits 2 of its alternatives, not one"]


def test_an_inline_answer_says_who_and_a_policy_something() -> None:
    """HITL v0.8 §7.6, §8."""
    context = {"mode": "inline_submit"}
    body = {**POLL, "result": RESULT, "submission_context": context}
    assert list(problems(body, poll_body("completed"))) == [
        "submission_context fits none of its alternatives"
    ]
    found = set(problems({**POLICY, "required_for": [], "mode": True}, VERIFICATION_POLICY))
    assert found == {"mode is not of type string", "required_for has fewer than 1 items"}
    twice = {**POLICY, "required_for": ["inline_submit"] * 2}
    assert list(problems(twice, VERIFICATION_POLICY)) == ["required_for repeats an item"]


def test_an_event_may_say_more_than_it_must() -> None:
    """HITL v0.8 §8.5 "Event Types"."""
    data = {"case_id": "1", "completed_at": "2026-02-20T10:00:00Z", "result": RESULT, "more": 1}
    assert list(problems(data, EVENTS["review.completed"])) == []
    assert list(problems({"case_id": "1"}, EVENTS["review.opened"])) == ["opened_at is missing"]


def test_instants_need_a_zone() -> None:
    assert instant("2026-02-20T10:00:00") is None
    assert instant("2026-02-20T10:00:00Z") == instant("2026-02-20T11:00:00+01:00")
