"""Retention: what is past it goes for good, and the log stays verifiable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openhitl.errors import InvalidRequest, NotFound
from openhitl.protocol.commands import Cancel, SaveDraft
from openhitl.protocol.lifecycle import EventKind
from openhitl.store.engine import open_database
from tests.store.desk import AGENT, CHANGED, HOUR, NOW, creating, later, submitting, token_hash

DAY = timedelta(days=1)


def test_only_what_ended_before_is_purged(desk):
    old, open_case = desk.answered(), desk.ask()
    later(desk, timedelta(minutes=10))
    new = desk.answered()
    assert desk.store.purge(NOW, 10) == 0
    assert desk.store.purge(NOW + timedelta(minutes=5), 10) == 1
    assert desk.store.purge(NOW + timedelta(minutes=5), 10) == 0
    assert desk.store.load(old) is None
    assert desk.store.load(open_case)
    assert desk.store.load(new)


def test_a_limit_is_kept_and_the_rest_comes_next(desk):
    for _ in range(5):
        desk.answered()
    assert [desk.store.purge(NOW + DAY, 2) for _ in range(4)] == [2, 2, 1, 0]


def test_nothing_that_anybody_wrote_is_left(desk, database_url):
    agent_id = desk.store.add_agent("bot", **CHANGED).agent_id
    command = creating(
        agent_id, prompt="canary prompt", idempotency_key="canary key", request_digest=b"canary digest"
    )
    desk.do(command, AGENT)
    desk.do(SaveDraft(case_id=command.case_id, values={"a": "canary draft"}))
    desk.do(submitting(command.case_id, "canary submission", data={"a": "canary data"}))
    cancelled = desk.ask()
    desk.do(Cancel(cancelled, "canary reason"), AGENT)
    assert desk.store.purge(NOW + DAY, 10) == 2
    database = open_database(database_url)
    with database.reading() as connection:
        names = ("cases", "contents", "answers", "drafts", "tokens", "log", "log_payloads")
        tables = {name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in names}
    database.close()
    # The record that there is an agent is no case's, and stays.
    left = {"cases": 2, "log": 6, "log_payloads": 1}
    assert {name: len(rows) for name, rows in tables.items() if rows} == left
    assert "canary" not in str(tables)
    assert token_hash("review", command.case_id) not in [value for row in tables["cases"] for value in row]


def test_the_log_of_purged_cases_stays_verifiable_and_readable(desk):
    case_id, other = desk.answered(), desk.ask()
    desk.store.purge(NOW + DAY, 10)
    assert desk.store.verify_log() is None
    assert [event.kind for event in desk.store.events(case_id, 0)] == [EventKind.PENDING, EventKind.COMPLETED]
    assert [entry.event.data["case_id"] for entry in desk.store.log_since(0, 10)] == [case_id, case_id, other]
    desk.do(submitting(other))
    assert desk.store.verify_log() is None


def test_a_purged_case_is_gone_for_everybody(desk):
    agent_id = desk.store.add_agent("bot", **CHANGED).agent_id
    case_id = desk.answered(agent_id=agent_id)
    desk.store.purge(NOW + DAY, 10)
    with pytest.raises(NotFound):
        desk.do(submitting(case_id))
    assert desk.store.list_cases(agent_id) == []
    assert desk.store.draft(case_id) is None
    assert desk.store.find_token(case_id, token_hash("review", case_id)) is None
    outcome = desk.do(creating(agent_id, previous_case_id=case_id), AGENT)
    assert isinstance(outcome.decision.refusal, InvalidRequest)


def test_a_key_of_a_purged_case_may_be_used_again(desk):
    desk.answered(idempotency_key="k", request_digest=b"one")
    desk.store.purge(NOW + DAY, 10)
    assert desk.do(creating(idempotency_key="k", request_digest=b"two"), AGENT).created


def test_an_expired_case_is_kept_from_its_deadline_on(desk):
    case_id = desk.ask()
    later(desk, DAY)
    desk.do(submitting(case_id))
    assert desk.store.purge(NOW + HOUR, 10) == 0
    assert desk.store.purge(NOW + HOUR + timedelta(milliseconds=1), 10) == 1
