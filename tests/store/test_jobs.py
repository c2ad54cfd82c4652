"""Jobs: written with the decision, taken by one, done at least once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from openhitl.protocol.case import CLOCK
from openhitl.protocol.commands import Cancel, Open, Tick
from openhitl.protocol.lifecycle import Effect
from tests.store.desk import CHANGED, HOUR, NOW, WAIT_SECONDS, Desk, creating, new_id, submitting

URL = "https://agent.example.com/hook"
PLACE = "https://agent.example.com"
LEASE = timedelta(minutes=1)


def asked(desk: Desk, **given) -> str:
    return desk.ask(callback_url=given.pop("callback_url", URL), **given)


def ended(desk: Desk, **given) -> str:
    case_id = asked(desk, **given)
    desk.do(submitting(case_id))
    return case_id


def take(desk: Desk, *, now=NOW, limit=10, place=PLACE):
    return desk.store.take_jobs(place, now, now + LEASE, limit)


def test_nothing_is_due_before_the_end(desk):
    case_id = asked(desk)
    desk.do(Open(case_id))
    assert desk.store.due_destinations(NOW + 9 * HOUR, 10) == []
    assert desk.store.list_jobs(dead=None, after=0, limit=10) == []


@pytest.mark.parametrize("command", [submitting, Cancel, Tick])
def test_every_end_makes_the_callback_due_at_once(desk, command):
    case_id = asked(desk)
    if command is Tick:
        desk.now = NOW + HOUR
    desk.do(command(case_id), *([CLOCK] if command is Tick else []))
    assert desk.store.due_destinations(desk.now, 10) == [PLACE]
    [job] = take(desk, now=desk.now)
    assert (job.kind, job.case_id, job.destination) == (Effect.CALL_BACK, case_id, PLACE)
    assert (job.attempts, job.first_due_at, job.dead_at) == (0, desk.now, None)


def test_cases_that_are_made_and_ended_in_one_batch_call_back(desk):
    waiting = []
    for _ in range(20):
        case_id = new_id()
        waiting.append(desk.put(creating(case_id=case_id, callback_url=URL)))
        waiting.append(desk.put(submitting(case_id)))
    assert all(future.result(WAIT_SECONDS).decision.refusal is None for future in waiting)
    assert len(take(desk, limit=100)) == 20


def test_whoever_wants_no_callback_gets_no_job(desk):
    desk.answered()
    assert desk.store.due_destinations(NOW, 10) == []


def test_a_job_is_taken_by_one_and_comes_back_when_the_lease_ends(desk):
    ended(desk)
    [first] = take(desk)
    assert take(desk) == []
    assert desk.store.due_destinations(NOW, 10) == []
    [second] = take(desk, now=NOW + LEASE)
    assert second.job_id == first.job_id
    assert not desk.store.job_done(first), "it is no longer ours"
    assert not desk.store.put_job_off(first, NOW, "late")
    assert not desk.store.give_job_up(first, NOW, "late")
    assert desk.store.job_done(second)
    assert desk.store.list_jobs(dead=None, after=0, limit=10) == []


def test_many_who_take_at_once_share_the_jobs(desk):
    for _ in range(40):
        ended(desk)
    with ThreadPoolExecutor(8) as threads:
        taken = [job.job_id for jobs in threads.map(lambda _: take(desk, limit=5), range(8)) for job in jobs]
    assert len(taken) == len(set(taken)) == 40


def test_a_job_put_off_counts_its_failures_and_waits(desk):
    ended(desk)
    [job] = take(desk)
    assert desk.store.put_job_off(job, NOW + HOUR, "It answered 500." + "x" * 1_000)
    assert take(desk, now=NOW + HOUR - LEASE) == []
    [again] = take(desk, now=NOW + HOUR)
    assert (again.attempts, again.first_due_at) == (1, NOW)
    assert again.last_error.startswith("It answered 500.")
    assert len(again.last_error) == 500
    assert desk.store.put_job_off(again, NOW + HOUR, None)
    [handed_back] = take(desk, now=NOW + HOUR)
    assert handed_back.attempts == 1, "handing back is no failure"


def test_a_job_that_was_given_up_is_listed_until_it_is_replayed(desk):
    case_ids = [ended(desk) for _ in range(3)]
    for job in take(desk):
        assert desk.store.give_job_up(job, NOW + HOUR, "It answered 410.")
    assert desk.store.due_destinations(NOW + 100 * HOUR, 10) == []
    dead = desk.store.list_jobs(dead=True, after=0, limit=10)
    assert [job.case_id for job in dead] == case_ids
    assert {(job.attempts, job.due_at, job.dead_at) for job in dead} == {(1, None, NOW + HOUR)}
    assert desk.store.list_jobs(dead=True, after=dead[1].job_id, limit=10) == dead[2:]
    assert desk.store.list_jobs(dead=False, after=0, limit=10) == []
    again = NOW + 2 * HOUR
    assert desk.store.replay_jobs([dead[0].job_id, 999_999], again) == 1
    [job] = take(desk, now=again)
    assert (job.case_id, job.attempts, job.first_due_at) == (case_ids[0], 0, again)
    assert desk.store.replay_jobs(None, again) == 2
    assert desk.store.replay_jobs(None, again) == 0


def test_places_are_told_apart(desk):
    ended(desk)
    ended(desk, callback_url="https://Other.example:8443/hook")
    other = "https://other.example:8443"
    assert sorted(desk.store.due_destinations(NOW, 10)) == [PLACE, other]
    assert len(desk.store.due_destinations(NOW, 1)) == 1
    assert [job.destination for job in take(desk, place=other)] == [other]


def test_a_purge_takes_what_was_given_up_along(desk):
    ended(desk)
    [job] = take(desk)
    desk.store.give_job_up(job, NOW, "It answered 410.")
    assert desk.store.purge(NOW + HOUR, 10) == 1
    assert desk.store.list_jobs(dead=None, after=0, limit=10) == []


def test_an_agents_secret_is_followed_by_another_and_stays_good_for_a_day(desk):
    agent_id = desk.store.add_agent("bot", **CHANGED).agent_id
    assert desk.store.callback_generations(agent_id, NOW) == (0,)
    desk.store.rotate_callbacks(agent_id, **CHANGED)
    assert desk.store.callback_generations(agent_id, NOW + 24 * HOUR - LEASE) == (0, 1)
    assert desk.store.callback_generations(agent_id, NOW + 24 * HOUR) == (1,)
    desk.store.rotate_callbacks(agent_id, **CHANGED)
    assert desk.store.callback_generations(agent_id, NOW) == (1, 2)
