"""What comes in from any service. HITL v0.8 §6, §8, and what versions 0.5 to 0.7 left out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.errors import InvalidHitlObject, PeerError
from openhitl.protocol.case import Progress, Status
from openhitl.protocol.incoming import HitlObject, Poll, parse_accepted, parse_poll

NEEDED = {
    "case_id": "review_1",
    "type": "approval",
    "prompt": "Deploy?",
    "review_url": "https://service.example.com/review/1?token=t",
    "poll_url": "https://service.example.com/reviews/1/status",
    "created_at": "2026-02-20T10:00:00Z",
    "expires_at": "2026-02-21T10:00:00Z",
}
TEN = datetime(2026, 2, 20, 10, tzinfo=UTC)
READ = {**NEEDED, "created_at": TEN, "expires_at": TEN + timedelta(days=1)}


def accepted(**more):
    return parse_accepted(202, {"status": "human_input_required", "hitl": {**NEEDED, **more}})


def test_a_service_of_the_first_version_is_understood():
    hitl = accepted(spec_version="0.5")
    assert hitl == HitlObject(**READ, message="Deploy?", spec_version="0.5")
    assert (hitl.default_action, hitl.submit_url) == ("skip", None)


def test_every_field_of_a_hitl_object_is_read():
    body = {
        "message": "It is green.",
        "data": {"ignored": True},
        "hitl": {
            **NEEDED,
            "spec_version": "0.9",
            "events_url": "https://service.example.com/events",
            "created_at": "2026-02-20T10:00:00Z",
            "expires_at": "2026-02-20T11:00:00+01:00",
            "default_action": "abort",
            "context": {"a": 1},
            "reminder_at": "2026-02-20T10:00:00Z",
            "previous_case_id": "review_0",
            "submit_url": "https://service.example.com/submit",
            "submit_token": "agt_1",
            "inline_actions": ["approve", 5],
            "future": "ignored",
        },
    }
    assert parse_accepted(202, body) == HitlObject(
        **{**READ, "expires_at": TEN},
        message="It is green.",
        spec_version="0.9",
        events_url="https://service.example.com/events",
        default_action="abort",
        context={"a": 1},
        reminder_at=(TEN,),
        previous_case_id="review_0",
        submit_url="https://service.example.com/submit",
        submit_token="agt_1",
        inline_actions=("approve",),
    )


def test_optional_fields_that_make_no_sense_are_as_if_absent():
    assert (
        accepted(
            events_url=5,
            context=[],
            reminder_at=["x", None],
            inline_actions="a",
        )
        == accepted()
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {"hitl": NEEDED}), (202, {"hitl": None}), (202, {}), (202, []), (202, None), (202, {"job": 1})],
)
def test_a_202_without_hitl_asks_for_nobody(status, body):
    """HITL v0.8 §6 "When to Return HTTP 202"."""
    assert parse_accepted(status, body) is None


@pytest.mark.parametrize("name", sorted(NEEDED))
@pytest.mark.parametrize("value", [None, "", 5])
def test_a_hitl_object_without_what_every_version_requires_is_refused(name, value):
    """HITL v0.8 §6 "HITL Object Fields"."""
    with pytest.raises(InvalidHitlObject, match=name):
        accepted(**{name: value})


def test_instants_that_cannot_be_read_are_no_reason_to_leave_the_human_out():
    hitl = accepted(created_at="soon", expires_at="2026-02-21T10:00:00")
    assert (hitl.created_at, hitl.expires_at) == (None, None)


def test_what_opens_a_page_or_submits_an_answer_is_not_in_a_repr():
    shown = repr(accepted(submit_token="agt_secret", events_url="https://service.example.com/e?token=t"))
    assert "service.example.com" not in shown
    assert "agt_secret" not in shown


@pytest.mark.parametrize("name", ["review_url", "poll_url"])
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/review/1",
        "https://",
        "https://a b",
        "https://[::1/review/1",
        "http://service.example.com/review/1",
        "http://localhost.example.com/review/1",
        "http://10.0.0.1/review/1",
    ],
)
def test_an_address_that_is_neither_https_nor_of_this_machine_is_refused(name, address):
    """HITL v0.8 §7 "HTTPS Requirement"."""
    with pytest.raises(InvalidHitlObject, match=name):
        accepted(**{name: address})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:3456", "[::1]"])
def test_local_development_needs_no_https(host):
    """HITL v0.8 §7 "HTTPS Requirement"."""
    assert accepted(review_url=f"http://{host}/review/1").review_url == f"http://{host}/review/1"


def test_an_event_stream_that_others_could_read_is_not_used():
    assert accepted(events_url="http://service.example.com/events").events_url is None


def test_a_hitl_member_that_is_no_object_is_refused():
    with pytest.raises(InvalidHitlObject):
        parse_accepted(202, {"hitl": "yes"})


def test_every_field_of_a_poll_body_is_read():
    body = {
        "status": "completed",
        "case_id": "review_1",
        "completed_at": "2026-02-20T10:00:00Z",
        "expires_at": "2026-02-20T10:00:00Z",
        "result": {"action": "approve", "data": {"a": 1}},
        "responded_by": {"name": "Alice"},
        "submission_context": {"mode": "browser_submit"},
        "next_case_id": "review_2",
    }
    assert parse_poll(body) == Poll(
        status=Status.COMPLETED,
        case_id="review_1",
        action="approve",
        data={"a": 1},
        responded_by={"name": "Alice"},
        submission_context={"mode": "browser_submit"},
        ended_at=TEN,
        expires_at=TEN,
        next_case_id="review_2",
        body=body,
    )


def test_a_bare_poll_body_will_do():
    body = {"status": "pending", "case_id": "review_1"}
    assert parse_poll(body) == Poll(status=Status.PENDING, case_id="review_1", body=body)
    assert parse_poll({**body, "status": "completed", "result": {"action": "approve"}}).data == {}
    assert parse_poll({**body, "status": "expired", "default_action": "skip"}).default_action == "skip"
    assert parse_poll({**body, "status": "cancelled", "reason": "r"}).reason == "r"


def test_progress_is_read_whole_or_not_at_all():
    """HITL v0.8 §10.3.4."""
    progress = {"current_step": 1, "total_steps": 2, "completed_fields": 0, "total_fields": 4}
    body = {"status": "in_progress", "case_id": "review_1", "progress": progress}
    assert parse_poll(body).progress == Progress(**progress)
    assert parse_poll({**body, "progress": {**progress, "total_steps": None}}).progress is None
    assert parse_poll({**body, "progress": "half"}).progress is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"status": "pending"},
        {"case_id": "review_1"},
        {"status": "lost", "case_id": "review_1"},
        {"status": 5, "case_id": "review_1"},
        {"status": "completed", "case_id": "review_1"},
        {"status": "completed", "case_id": "review_1", "result": {"data": {}}},
        {"status": "completed", "case_id": "review_1", "result": "approve"},
    ],
)
def test_a_poll_body_that_says_nothing_is_refused(body):
    with pytest.raises(PeerError):
        parse_poll(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(HitlObject.__dataclass_fields__)), JSON))
def test_any_hitl_object_is_read_or_refused(hitl):
    with suppress(PeerError):
        parse_accepted(202, {"hitl": {**NEEDED, **hitl}})


@given(
    st.dictionaries(
        st.sampled_from(["status", "case_id", "result", "progress", "expires_at", "reason"]), JSON
    )
)
def test_any_poll_body_is_read_or_refused(body):
    with suppress(PeerError):
        parse_poll(body)
