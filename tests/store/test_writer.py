"""The writer: what is decided is durable before anybody is told, once, and in order."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest

from openhitl.errors import (
    CaseCancelled,
    CaseExpired,
    DraftConflict,
    DuplicateSubmission,
    NotFound,
    Overloaded,
    Stopping,
)
from openhitl.protocol.case import CLOCK, Actor, ActorKind, Progress, Status
from openhitl.protocol.commands import Cancel, Open, SaveDraft, Tick
from openhitl.protocol.lifecycle import EventKind
from tests.store.desk import (
    AGENT,
    ALICE,
    CHANGED,
    HOUR,
    NOW,
    WAIT_SECONDS,
    answer,
    creating,
    later,
    opened,
    submitting,
)

PROGRESS = Progress(current_step=1, total_steps=2, completed_fields=1, total_fields=3)


def test_a_case_is_read_back_as_it_was_made(desk):
    agent = desk.store.add_agent("deploy bot", **CHANGED)
    command = creating(agent.agent_id, reminders=(NOW + timedelta(minutes=5),), demo=True)
    outcome = desk.do(command, AGENT)
    assert outcome.created
    stored = desk.store.load(command.case_id)
    assert stored.case == command.case == outcome.decision.case
    assert stored.content == command.content
    assert stored.case.agent_id == agent.agent_id
    assert stored.answer is None


def test_an_answer_is_read_back_with_its_sensitive_values(desk):
    case_id = desk.ask()
    given = answer(data={"feedback": "fine", "pin": "4711"}, sensitive=frozenset({"pin", "absent"}))
    later(desk, timedelta(minutes=1))
    outcome = desk.do(submitting(case_id, "s-1", data=given.data, sensitive=given.sensitive))
    stored = desk.store.load(case_id)
    assert stored.answer == given
    assert stored.case == outcome.decision.case
    assert (stored.case.status, stored.case.finished_at) == (Status.COMPLETED, desk.now)
    assert (stored.case.submission_id, stored.case.ended_by) == ("s-1", ALICE.id)


def test_every_change_of_a_case_survives(desk):
    case_id = desk.ask(reminders=(NOW + timedelta(minutes=5), NOW + timedelta(minutes=9)))
    desk.do(Open(case_id))
    later(desk, timedelta(minutes=6))
    desk.do(Tick(case_id), CLOCK)
    desk.do(SaveDraft(case_id=case_id, values={"a": "x"}, progress=PROGRESS))
    outcome = desk.do(SaveDraft(case_id=case_id, values={"a": "y"}, base_version=1))
    stored = desk.store.load(case_id).case
    assert stored == outcome.decision.case
    assert stored.opened_at == NOW
    assert stored.reminder_sent_at == desk.now
    assert stored.reminders == (NOW + timedelta(minutes=9),)
    assert (stored.progress, stored.draft_version) == (PROGRESS, 2)
    draft = desk.store.draft(case_id)
    assert (draft.values, draft.version, draft.saved_at) == ({"a": "y"}, 2, desk.now)


def test_a_cancelled_case_keeps_its_reason(desk):
    case_id = desk.ask()
    desk.do(Cancel(case_id, "No longer needed."), AGENT)
    case = desk.store.load(case_id).case
    assert (case.status, case.reason) == (Status.CANCELLED, "No longer needed.")
    with pytest.raises(CaseCancelled):
        raise desk.do(submitting(case_id)).decision.refusal


def test_a_refusal_writes_nothing(desk):
    case_id = desk.answered()
    before, head = desk.store.load(case_id), desk.store.head()
    told = len(desk.committed)
    outcome = desk.do(submitting(case_id, action="reject"))
    assert isinstance(outcome.decision.refusal, DuplicateSubmission)
    assert isinstance(desk.do(SaveDraft(case_id=case_id, values={})).decision.refusal, DuplicateSubmission)
    assert desk.store.load(case_id) == before
    assert desk.store.head() == head
    assert len(desk.committed) == told


def test_a_stale_draft_is_refused_and_the_newer_one_stays(desk):
    case_id = desk.ask()
    desk.do(SaveDraft(case_id=case_id, values={"a": 1}))
    outcome = desk.do(SaveDraft(case_id=case_id, values={"a": 2}, base_version=0))
    assert isinstance(outcome.decision.refusal, DraftConflict)
    assert desk.store.draft(case_id).values == {"a": 1}


def test_a_late_submit_records_the_expiry_and_is_refused(desk):
    case_id = desk.ask()
    later(desk, HOUR)
    outcome = desk.do(submitting(case_id))
    assert isinstance(outcome.decision.refusal, CaseExpired)
    stored = desk.store.load(case_id)
    assert (stored.case.status, stored.answer) == (Status.EXPIRED, None)
    assert [event.kind for event in desk.store.events(case_id, 1)] == [EventKind.EXPIRED]


def test_the_same_submission_is_confirmed_again(desk):
    case_id = desk.ask()
    first = desk.do(submitting(case_id, "s-1"))
    again = desk.do(submitting(case_id, "s-1"))
    assert not first.decision.replayed
    assert again.decision.replayed
    mallory = Actor(kind=ActorKind.LINK, id="link:mallory")
    assert isinstance(desk.do(submitting(case_id, "s-1"), mallory).decision.refusal, DuplicateSubmission)


def test_a_case_that_is_not_there_is_not_found(desk):
    for command in (Open("review_none"), submitting("review_none"), Tick("review_none")):
        with pytest.raises(NotFound):
            desk.do(command)


def test_each_member_of_a_batch_sees_what_the_one_before_it_left(desk):
    command = creating()
    case_id = command.case_id
    futures = desk.together(
        (command, AGENT),
        (Open(case_id), ALICE),
        (SaveDraft(case_id=case_id, values={"a": 1}), ALICE),
        (SaveDraft(case_id=case_id, values={"a": 2}), ALICE),
        (submitting(case_id), ALICE),
        (submitting(case_id, action="reject"), ALICE),
        (Open("review_none"), ALICE),
    )
    assert desk.batches == [1, 7]
    *done, refused, missing = futures
    assert all(future.result().decision.refusal is None for future in done)
    assert isinstance(refused.result().decision.refusal, DuplicateSubmission)
    assert isinstance(missing.exception(), NotFound)
    stored = desk.store.load(case_id)
    assert (stored.case.status, stored.case.seq, stored.case.draft_version) == (Status.COMPLETED, 4, 2)
    assert desk.store.draft(case_id).values == {"a": 2}
    assert [event.seq for event in desk.store.events(case_id, 0)] == [1, 2, 3, 4]
    assert desk.store.verify_log() is None


def test_what_is_committed_is_told_with_its_place_in_the_log(desk):
    command = creating()
    desk.together(
        (command, AGENT),
        (SaveDraft(case_id=command.case_id, values={}), ALICE),
        (SaveDraft(case_id=command.case_id, values={"a": 1}), ALICE),
        (submitting(command.case_id), ALICE),
    )
    places = [(done.first_position, done.last_position) for done in desk.committed]
    assert places == [(1, 1), (2, 2), (3, 3), (None, None), (4, 4)]
    assert desk.store.head() == 4
    assert [entry.event.seq for entry in desk.store.log_since(1, 10)] == [1, 2, 3]


def test_a_batch_larger_than_one_statement_is_written_whole(desk):
    commands = [creating() for _ in range(300)]
    futures = desk.together(*((command, AGENT) for command in commands))
    assert all(future.result().created for future in futures)
    assert sum(desk.batches) == 301
    stored = desk.store.load_many([command.case_id for command in commands])
    assert {case_id: case.content for case_id, case in stored.items()} == {
        command.case_id: command.content for command in commands
    }
    answered = desk.together(*((submitting(command.case_id), ALICE) for command in commands))
    assert all(future.result().decision.answer for future in answered)
    assert desk.store.verify_log() is None


def test_of_fifty_threads_that_submit_at_once_exactly_one_wins(desk):
    case_id = desk.ask()
    ready = threading.Barrier(50)

    def submit(number: int) -> bool:
        ready.wait(WAIT_SECONDS)
        actor = Actor(kind=ActorKind.LINK, id=f"link:{number}")
        return desk.do(submitting(case_id, f"s-{number}"), actor).decision.refusal is None

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(submit, range(50))) == 1
    assert len(desk.store.events(case_id, 1)) == 1


def test_two_processes_that_write_at_once_never_both_win(database_url):
    with opened(database_url) as ours, opened(database_url) as theirs:
        case_ids = [ours.ask() for _ in range(100)]
        races = []
        for number, case_id in enumerate(case_ids):
            for desk in (ours, theirs) if number % 2 else (theirs, ours):
                races.append((case_id, desk.put(submitting(case_id))))
                desk.put(creating(), AGENT)
        wins = dict.fromkeys(case_ids, 0)
        for case_id, future in races:
            wins[case_id] += future.result(WAIT_SECONDS).decision.refusal is None
        assert set(wins.values()) == {1}
        assert ours.writer.drain(WAIT_SECONDS)
        assert theirs.writer.drain(WAIT_SECONDS)
        assert ours.store.head() == 100 + 100 + 200
        assert ours.store.verify_log() is None
        positions = [done.first_position for desk in (ours, theirs) for done in desk.committed]
        assert sorted(positions) == list(range(1, 401))


def test_two_processes_that_write_to_the_same_cases_never_wait_for_each_other(database_url):
    with opened(database_url) as ours, opened(database_url) as theirs:
        case_ids = [ours.ask() for _ in range(40)]
        futures: list[Future] = []
        for desk, order in ((ours, case_ids), (theirs, case_ids[::-1])) * 5:
            futures += [desk.put(SaveDraft(case_id=case_id, values={})) for case_id in order]
        assert all(future.result(WAIT_SECONDS).decision.refusal is None for future in futures)
        drafts = {ours.store.draft(case_id).version for case_id in case_ids}
        assert drafts == {10}


def test_a_full_queue_is_said_so_and_what_waits_is_done(database_url):
    with opened(database_url, capacity=3) as desk:
        held, going = threading.Event(), threading.Event()
        first: Future = Future()
        first.add_done_callback(lambda _: (held.set(), going.wait(WAIT_SECONDS)))
        desk.writer.put(creating(), AGENT, first)
        assert held.wait(WAIT_SECONDS)
        waiting = [desk.put(creating(), AGENT) for _ in range(3)]
        with pytest.raises(Overloaded):
            desk.put(creating(), AGENT)
        going.set()
        assert all(future.result(WAIT_SECONDS).created for future in waiting)
        assert desk.ask()


def test_draining_finishes_what_waits_and_takes_nothing_more(desk):
    waiting = [desk.put(creating(), AGENT) for _ in range(500)]
    assert desk.writer.drain(WAIT_SECONDS)
    assert all(future.result(0).created for future in waiting)
    with pytest.raises(Stopping):
        desk.put(creating(), AGENT)
    assert desk.writer.drain(WAIT_SECONDS)


def test_a_callback_that_fails_does_not_end_the_writer(desk):
    told = threading.Event()

    class Caller(Future):
        def set_result(self, result):
            told.set()
            raise RuntimeError("the caller's loop is closed")

    desk.writer.put(creating(), AGENT, Caller())
    assert told.wait(WAIT_SECONDS)
    assert desk.ask()
