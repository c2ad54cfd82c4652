"""What is read: lists, tokens, what is due, events and the log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openhitl.protocol.case import CLOCK, Progress, Status
from openhitl.protocol.commands import Open, SaveDraft, Tick
from openhitl.protocol.lifecycle import EventKind
from openhitl.store.records import TokenRow
from tests.store.desk import ALICE, CHANGED, HOUR, NOW, later, submitting, token_hash

MINUTE = timedelta(minutes=1)


@pytest.fixture
def agent_id(desk):
    return desk.store.add_agent("deploy bot", **CHANGED).agent_id


def listed(desk, agent_id, **filters):
    return [stored.case.case_id for stored in desk.store.list_cases(agent_id, **filters)]


def test_a_list_is_newest_first_a_page_at_a_time(desk, agent_id):
    case_ids = [desk.ask(agent_id) for _ in range(5)]
    assert listed(desk, agent_id) == case_ids[::-1]
    assert listed(desk, agent_id, limit=2) == case_ids[:2:-1]
    assert listed(desk, agent_id, limit=2, before=case_ids[3]) == [case_ids[2], case_ids[1]]
    assert listed(desk, agent_id, before=case_ids[0]) == []


def test_a_list_holds_ones_own_cases_alone(desk, agent_id):
    mallory = desk.store.add_agent("mallory", **CHANGED).agent_id
    mine = desk.ask(agent_id)
    desk.ask(mallory)
    desk.ask(None)
    assert listed(desk, agent_id) == [mine]


def test_a_list_is_filtered(desk, agent_id):
    old = desk.ask(agent_id)
    later(desk, MINUTE)
    new = desk.ask(agent_id, created_at=NOW + MINUTE, type="selection")
    desk.do(submitting(new))
    assert listed(desk, agent_id, status=Status.PENDING) == [old]
    assert listed(desk, agent_id, status=Status.COMPLETED) == [new]
    assert listed(desk, agent_id, type="approval") == [old]
    assert listed(desk, agent_id, since=NOW + MINUTE) == [new]
    assert listed(desk, agent_id, since=NOW, type="selection", status=Status.PENDING) == []


def test_a_listed_case_is_whole(desk, agent_id):
    case_id = desk.answered(agent_id=agent_id)
    assert desk.store.list_cases(agent_id) == [desk.store.load(case_id)]


def test_cases_that_are_not_there_are_left_out(desk):
    case_id = desk.ask()
    assert desk.store.load("review_none") is None
    assert list(desk.store.load_many([case_id, "review_none"])) == [case_id]
    assert desk.store.load_many([]) == {}


def test_a_token_is_found_by_its_case_and_hash(desk):
    case_id, other = desk.ask(), desk.ask()
    found = desk.store.find_token(case_id, token_hash("submit", case_id))
    assert found == TokenRow(case_id=case_id, purpose="submit", generation=0)
    assert desk.store.find_token(other, token_hash("submit", case_id)) is None
    assert desk.store.find_token(case_id, token_hash("poll", case_id)) is None
    assert desk.store.find_token("review_none", token_hash("submit", case_id)) is None


def test_what_is_due_is_named_the_longest_overdue_first(desk):
    reminded = desk.ask(reminders=(NOW + MINUTE,))
    short = desk.ask(expires_at=NOW + 30 * MINUTE)
    long = desk.ask()
    desk.answered(expires_at=NOW + MINUTE)
    assert desk.store.due(NOW + MINUTE - timedelta(milliseconds=1), 10) == []
    assert desk.store.due(NOW + MINUTE, 10) == [reminded]
    assert desk.store.due(NOW + HOUR, 10) == [reminded, short, long]
    assert desk.store.due(NOW + HOUR, 2) == [reminded, short]


def test_a_tick_happens_once(desk):
    case_id = desk.ask()
    later(desk, HOUR)
    first, second = desk.do(Tick(case_id), CLOCK), desk.do(Tick(case_id), CLOCK)
    assert [len(outcome.decision.events) for outcome in (first, second)] == [1, 0]
    assert desk.store.due(desk.now, 10) == []


def test_events_are_json_ready_and_resume_anywhere(desk):
    case_id = desk.ask()
    desk.do(Open(case_id))
    progress = Progress(current_step=1, total_steps=2, completed_fields=1, total_fields=3)
    desk.do(SaveDraft(case_id=case_id, values={}, progress=progress))
    events = desk.store.events(case_id, 0)
    assert [event.kind for event in events] == [EventKind.PENDING, EventKind.OPENED, EventKind.IN_PROGRESS]
    created, opened, in_progress = events
    assert created.data["expires_at"] == "2026-02-20T11:00:00.123Z"
    assert opened.data == {"case_id": case_id, "opened_at": "2026-02-20T10:00:00.123Z"}
    assert (opened.at, opened.actor) == (NOW, ALICE)
    assert in_progress.data["progress"] == {
        "current_step": 1,
        "total_steps": 2,
        "completed_fields": 1,
        "total_fields": 3,
    }
    assert desk.store.events(case_id, 2) == [in_progress]
    assert desk.store.events(case_id, 3) == []
    assert desk.store.events("review_none", 0) == []


def test_the_log_is_numbered_without_gaps_across_cases(desk):
    assert (desk.store.head(), desk.store.log_since(0, 10)) == (0, [])
    first, second = desk.ask(), desk.answered()
    entries = desk.store.log_since(0, 10)
    assert [(entry.position, entry.event.case_id, entry.event.seq) for entry in entries] == [
        (1, first, 1),
        (2, second, 1),
        (3, second, 2),
    ]
    assert desk.store.log_since(1, 1) == entries[1:2]
    assert desk.store.log_since(3, 10) == []


def test_a_case_without_a_draft_has_none(desk):
    assert desk.store.draft(desk.ask()) is None
    assert desk.store.draft("review_none") is None
