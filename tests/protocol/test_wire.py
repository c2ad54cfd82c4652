"""What goes out. HITL v0.8 §6, §8, §8.5."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest

from openhitl.protocol.case import Progress, Status, SubmittedBy
from openhitl.protocol.commands import Cancel, Create, Open, SaveDraft, Submit, Tick
from openhitl.protocol.incoming import parse_accepted, parse_poll
from openhitl.protocol.lifecycle import EventKind, decide
from openhitl.protocol.policies import read_policy
from openhitl.protocol.wire import (
    Urls,
    accepted_body,
    case_view,
    event_data,
    hitl_object,
    plain_data,
    poll_body,
    state_data,
)
from tests.protocol.test_policies import RAW
from tests.protocol.values import AGENT, CASE_ID, HUMAN, NOW, answer, case, content

URLS = Urls(
    review="https://hitl.example.com/review/1?token=hitlr_1",
    poll="https://hitl.example.com/api/reviews/1/status",
    events="https://hitl.example.com/api/reviews/1/events",
)
INLINE = Urls(
    review=URLS.review,
    poll=URLS.poll,
    events=URLS.events,
    submit="https://hitl.example.com/reviews/1/respond",
    submit_token="hitls_1",
)
HOUR = timedelta(hours=1)
PROGRESS = Progress(current_step=1, total_steps=2, completed_fields=3, total_fields=4)


# -- the hitl object, §6 ----------------------------------------------------------------------


def test_a_hitl_object_carries_what_an_agent_needs():
    assert hitl_object(case(), content(context={"a": 1}), URLS) == {
        "spec_version": "0.8",
        "case_id": CASE_ID,
        "review_url": URLS.review,
        "poll_url": URLS.poll,
        "events_url": URLS.events,
        "callback_url": None,
        "type": "approval",
        "prompt": "Deploy?",
        "timeout": "24h",
        "default_action": "skip",
        "created_at": "2026-02-20T10:00:00Z",
        "expires_at": "2026-02-21T10:00:00Z",
        "context": {"a": 1},
    }


def test_a_hitl_object_names_reminders_and_the_case_before():
    given = content(reminder_at=(NOW + HOUR,), previous_case_id="review_0")
    hitl = hitl_object(case(), given, URLS)
    assert hitl["reminder_at"] == ["2026-02-20T11:00:00Z"]
    assert hitl["previous_case_id"] == "review_0"


def test_inline_submit_is_offered_with_its_token_and_actions():
    """HITL v0.8 §7.5."""
    hitl = hitl_object(case(), content(inline_actions=("approve",)), INLINE)
    assert (hitl["submit_url"], hitl["submit_token"]) == (INLINE.submit, "hitls_1")
    assert hitl["inline_actions"] == ["approve"]
    assert "inline_actions" not in hitl_object(case(), content(), INLINE)
    assert "inline_actions" not in hitl_object(case(), content(inline_actions=("approve",)), URLS)


def test_the_202_says_that_a_human_is_needed():
    body = accepted_body(case(), content(message="It is green."), URLS)
    assert (body["status"], body["message"]) == ("human_input_required", "It is green.")
    assert parse_accepted(202, body).case_id == CASE_ID


# -- the poll body, §8 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (case(), {"status": "pending", "expires_at": "2026-02-21T10:00:00Z"}),
        (
            case(Status.OPENED, opened_at=NOW + HOUR, reminder_sent_at=NOW + 2 * HOUR),
            {
                "status": "opened",
                "opened_at": "2026-02-20T11:00:00Z",
                "expires_at": "2026-02-21T10:00:00Z",
                "reminder_sent_at": "2026-02-20T12:00:00Z",
            },
        ),
        (
            case(Status.IN_PROGRESS, opened_at=NOW, progress=PROGRESS),
            {
                "status": "in_progress",
                "opened_at": "2026-02-20T10:00:00Z",
                "expires_at": "2026-02-21T10:00:00Z",
                "progress": {"current_step": 1, "total_steps": 2, "completed_fields": 3, "total_fields": 4},
            },
        ),
        (
            case(Status.IN_PROGRESS, opened_at=NOW),
            {
                "status": "in_progress",
                "opened_at": "2026-02-20T10:00:00Z",
                "expires_at": "2026-02-21T10:00:00Z",
            },
        ),
        (
            case(Status.EXPIRED),
            {"status": "expired", "expired_at": "2026-02-20T11:00:00Z", "default_action": "skip"},
        ),
        (
            case(Status.CANCELLED, reason="Too late."),
            {"status": "cancelled", "cancelled_at": "2026-02-20T11:00:00Z", "reason": "Too late."},
        ),
    ],
)
def test_a_poll_body_says_how_a_case_stands(given, body):
    expected = {"case_id": CASE_ID, "created_at": "2026-02-20T10:00:00Z", **body}
    assert poll_body(given, None) == expected
    assert parse_poll(expected).status == given.status


def test_a_completed_poll_body_holds_the_whole_answer():
    given = answer(data={"iban": "XX00", "note": "n"}, sensitive=frozenset({"iban"}))
    body = poll_body(case(Status.COMPLETED, next_case_id="review_2"), given)
    assert body == {
        "status": "completed",
        "case_id": CASE_ID,
        "created_at": "2026-02-20T10:00:00Z",
        "completed_at": "2026-02-20T11:00:00Z",
        "result": {"action": "approve", "data": {"iban": "XX00", "note": "n"}},
        "submission_context": {"mode": "browser_submit"},
        "next_case_id": "review_2",
    }


def test_an_inline_answer_says_who_pressed_the_button():
    """HITL v0.8 §7.5, §13.7."""
    by = SubmittedBy(platform="slack", platform_user_id="U1")
    given = answer(mode="inline_submit", submitted_via="slack_block_action", submitted_by=by, name="Alice")
    body = poll_body(case(Status.COMPLETED), given)
    assert body["submission_context"] == {
        "mode": "inline_submit",
        "submitted_via": "slack_block_action",
        "submitted_by": {"platform": "slack", "platform_user_id": "U1"},
    }
    assert body["responded_by"] == {"name": "Alice"}
    assert poll_body(case(Status.COMPLETED), answer(email="a@example.com"))["responded_by"] == {
        "email": "a@example.com"
    }


def test_the_creator_sees_the_poll_body_and_the_whole_content():
    given = content(context={"a": 1}, reminder_at=(NOW + HOUR,), metadata={"run": 5})
    view = case_view(case(Status.COMPLETED), given, answer(), URLS)
    assert view["result"] == {"action": "approve", "data": {}}
    assert view["expires_at"] == "2026-02-21T10:00:00Z"
    assert (view["version"], view["agent"], view["metadata"]) == (1, "alice's agent", {"run": 5})
    assert (view["type"], view["prompt"], view["message"], view["context"]) == (
        "approval",
        "Deploy?",
        "Deploy?",
        {"a": 1},
    )
    assert (view["timeout"], view["default_action"], view["reminder_at"]) == (
        "24h",
        "skip",
        ["2026-02-20T11:00:00Z"],
    )
    assert (view["review_url"], view["poll_url"], view["events_url"]) == (URLS.review, URLS.poll, URLS.events)
    assert view["previous_case_id"] is None


# -- events, §8.5 -----------------------------------------------------------------------------


def event_of(given, command, actor, now):
    [event] = decide(given, command, actor, now=now).events
    return event


def test_events_carry_the_data_of_the_protocol():
    later = NOW + HOUR
    opened = case(Status.OPENED, opened_at=NOW)
    create = Create(case=case(), content=content(), tokens=())
    secret = answer(data={"a": 1, "pin": "0000"}, sensitive=frozenset({"pin"}))
    draft = SaveDraft(case_id=CASE_ID, values={}, progress=PROGRESS)
    progress = {"current_step": 1, "total_steps": 2, "completed_fields": 3, "total_fields": 4}
    at = "2026-02-20T11:00:00Z"
    told = [
        (case(), create, AGENT, {"created_at": "2026-02-20T10:00:00Z", "expires_at": "2026-02-21T10:00:00Z"}),
        (case(), Open(CASE_ID), HUMAN, {"opened_at": at}),
        (opened, draft, HUMAN, {"opened_at": "2026-02-20T10:00:00Z", "progress": progress}),
        (
            opened,
            Submit(case_id=CASE_ID, answer=secret),
            HUMAN,
            {"completed_at": at, "result": {"action": "approve", "data": {"a": 1}}},
        ),
        (opened, Cancel(CASE_ID, "No."), HUMAN, {"cancelled_at": at, "reason": "No."}),
        (case(expires_at=later), Tick(CASE_ID), AGENT, {"expired_at": at, "default_action": "skip"}),
    ]
    for given, command, actor, data in told:
        assert event_data(event_of(given, command, actor, later)) == {"case_id": CASE_ID, **data}


def test_a_reminder_says_until_when_and_where():
    event = event_of(case(reminders=(NOW + HOUR,)), Tick(CASE_ID), AGENT, NOW + HOUR)
    data = {
        "case_id": CASE_ID,
        "reminder_at": "2026-02-20T11:00:00Z",
        "message": "This review is still open until 2026-02-21T10:00:00Z.",
    }
    assert event_data(event) == data
    assert event_data(event, review_url=URLS.review) == {**data, "review_url": URLS.review}


def test_only_a_reminder_says_the_review_url():
    event = event_of(case(), Open(CASE_ID), HUMAN, NOW)
    assert "review_url" not in event_data(event, review_url=URLS.review)


def test_plain_data_is_json_whatever_it_is_made_from():
    event = event_of(case(), Submit(case_id=CASE_ID, answer=answer()), HUMAN, NOW)
    plain = plain_data(event.data)
    assert plain["completed_at"] == "2026-02-20T10:00:00Z"
    assert (plain["shown_digest"], plain["surface"]) == ("shown", "page")
    assert plain_data(plain) == plain
    assert plain_data({"kind": EventKind.OPENED, "progress": PROGRESS, "n": 5, "none": None}) == {
        "kind": "opened",
        "progress": {"current_step": 1, "total_steps": 2, "completed_fields": 3, "total_fields": 4},
        "n": 5,
        "none": None,
    }


@pytest.mark.parametrize(
    ("status", "more", "data"),
    [
        (
            Status.PENDING,
            {},
            {"created_at": "2026-02-20T10:00:00Z", "expires_at": "2026-02-21T10:00:00Z"},
        ),
        (Status.OPENED, {"opened_at": NOW}, {"opened_at": "2026-02-20T10:00:00Z"}),
        (
            Status.IN_PROGRESS,
            {"opened_at": NOW, "progress": PROGRESS},
            {"opened_at": "2026-02-20T10:00:00Z", "progress": asdict(PROGRESS)},
        ),
        (Status.IN_PROGRESS, {"opened_at": NOW}, {"opened_at": "2026-02-20T10:00:00Z"}),
        (Status.EXPIRED, {}, {"expired_at": "2026-02-20T11:00:00Z", "default_action": "skip"}),
        (Status.CANCELLED, {"reason": "why"}, {"cancelled_at": "2026-02-20T11:00:00Z", "reason": "why"}),
    ],
)
def test_the_present_state_is_told_as_the_event_that_led_to_it(status, more, data):
    assert state_data(case(status, **more), None) == {"case_id": CASE_ID, **data}


def test_the_present_state_holds_the_answer_without_what_is_sensitive():
    given = answer("submit", {"name": "a", "pin": "1234"}, sensitive=frozenset({"pin"}))
    assert state_data(case(Status.COMPLETED), given) == {
        "case_id": CASE_ID,
        "completed_at": "2026-02-20T11:00:00Z",
        "result": {"action": "submit", "data": {"name": "a"}},
    }


def test_evidence_is_asked_for_and_told_of_where_the_protocol_has_room():
    """HITL v0.8 §6, §7.6: `verification_policy` in the hitl object, the result with the submission."""
    asked = content(policy=read_policy(RAW))
    assert hitl_object(case(), asked, URLS)["verification_policy"] == RAW
    assert case_view(case(), asked, None, URLS)["verification_policy"] == RAW
    told = {"satisfied": True, "verified_evidence": [], "missing_requirements": []}
    body = poll_body(case(Status.COMPLETED, finished_at=NOW), answer(verification=told))
    assert body["submission_context"]["verification_result"] == told
