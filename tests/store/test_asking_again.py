"""Creating with an idempotency key, and following up on a case."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from openhitl.errors import IdempotencyMismatch, InvalidRequest
from openhitl.protocol.case import CLOCK, Status
from openhitl.protocol.commands import Cancel, Tick
from tests.store.desk import AGENT, ALICE, CHANGED, HOUR, WAIT_SECONDS, creating, opened, submitting


def keyed(agent_id=None, *, key="k-1", digest=b"body", **given):
    return creating(agent_id, idempotency_key=key, request_digest=digest, **given)


def test_the_same_key_and_body_join_the_case_made_first(desk):
    first = keyed()
    desk.do(first, AGENT)
    desk.do(submitting(first.case_id))
    again = desk.do(keyed(), AGENT)
    assert not again.created
    assert again.joined == desk.store.load(first.case_id)
    assert again.joined.case.status is Status.COMPLETED
    assert desk.store.head() == 2


def test_the_same_key_with_another_body_is_refused(desk):
    desk.do(keyed(), AGENT)
    outcome = desk.do(keyed(digest=b"other"), AGENT)
    assert isinstance(outcome.decision.refusal, IdempotencyMismatch)
    assert not outcome.created


def test_a_key_is_its_owners(desk):
    owners = [None, *(desk.store.add_agent(name, **CHANGED).agent_id for name in ("one", "two"))]
    assert all(desk.do(keyed(owner), AGENT).created for owner in owners)
    assert not any(desk.do(keyed(owner), AGENT).created for owner in owners)


def test_equal_keys_in_one_batch_make_one_case(desk):
    first = keyed()
    made, joined, refused, other = desk.together(
        (first, AGENT), (keyed(), AGENT), (keyed(digest=b"other"), AGENT), (keyed(key="k-2"), AGENT)
    )
    assert made.result().created
    assert joined.result().joined == desk.store.load(first.case_id)
    assert isinstance(refused.result().decision.refusal, IdempotencyMismatch)
    assert other.result().created


def test_equal_keys_from_two_processes_make_one_case(database_url):
    with opened(database_url) as ours, opened(database_url) as theirs, ThreadPoolExecutor(2) as threads:
        for number in range(20):
            commands = [keyed(key=f"k-{number}") for _ in range(2)]
            outcomes = list(
                threads.map(lambda desk, command: desk.do(command, AGENT), (ours, theirs), commands)
            )
            [made] = [outcome for outcome in outcomes if outcome.created]
            [joined] = [outcome for outcome in outcomes if outcome.joined]
            assert joined.joined.case == made.decision.case
        assert ours.store.head() == 20


def test_a_follow_up_is_linked_both_ways(desk):
    first = desk.answered()
    second = desk.ask(previous_case_id=first)
    case = desk.store.load(first).case
    assert (case.next_case_id, case.version) == (second, 3)
    assert desk.store.load(second).case.previous_case_id == first
    linked = [done.decision.case.case_id for done in desk.committed][-2:]
    assert linked == [second, first]


def test_a_second_follow_up_does_not_take_the_place_of_the_first(desk):
    first = desk.ask()
    second = desk.ask(previous_case_id=first)
    third = desk.ask(previous_case_id=first)
    assert desk.store.load(first).case.next_case_id == second
    assert desk.store.load(third).case.previous_case_id == first


@pytest.mark.parametrize("together", [True, False])
def test_a_follow_up_that_nobody_answered_leaves_its_place_to_the_next(desk, together):
    """HITL v0.8 §8 `next_case_id`: whoever follows it gets to the round that counts."""
    first = desk.answered()
    second, third, fourth = (creating(previous_case_id=first) for _ in range(3))
    steps = [(second, AGENT), (Cancel(second.case_id), AGENT), (third, AGENT)]
    if together:
        futures = desk.together(*steps)
        assert all(future.result(WAIT_SECONDS).decision.refusal is None for future in futures)
    else:
        for command, actor in steps:
            assert desk.do(command, actor).decision.refusal is None
    case = desk.store.load(first).case
    assert (case.next_case_id, case.version) == (third.case_id, 4)
    desk.now += HOUR  # the third expires unswept, and is told so once somebody looks
    assert desk.do(creating(previous_case_id=first), AGENT).created
    assert desk.store.load(first).case.next_case_id == third.case_id
    desk.do(Tick(third.case_id), CLOCK)
    assert desk.do(fourth, AGENT).created
    assert desk.store.load(first).case.next_case_id == fourth.case_id


def test_two_follow_ups_from_two_processes_are_one_next_case(database_url):
    """HITL v0.8 §15.3: both know their previous case, and that knows one of them."""
    with opened(database_url) as ours, opened(database_url) as theirs, ThreadPoolExecutor(2) as threads:
        for _ in range(20):
            first = ours.answered()
            pair = [creating(previous_case_id=first) for _ in range(2)]
            outcomes = list(threads.map(lambda desk, command: desk.do(command, AGENT), (ours, theirs), pair))
            assert all(outcome.created for outcome in outcomes)
            case = ours.store.load(first).case
            assert case.next_case_id in {command.case_id for command in pair}
            assert case.version == 3
            stored = ours.store.load_many([command.case_id for command in pair])
            assert {one.case.previous_case_id for one in stored.values()} == {first}


def test_a_linked_case_goes_on_as_before(desk):
    first = desk.ask()
    second = desk.ask(previous_case_id=first)
    outcome = desk.do(submitting(first))
    assert outcome.decision.case.next_case_id == second
    assert desk.store.load(first).case == outcome.decision.case


def test_a_follow_up_may_come_in_the_same_batch(desk):
    first, other = creating(), creating()
    second = creating(previous_case_id=first.case_id)
    futures = desk.together(
        (first, AGENT), (second, AGENT), (submitting(first.case_id), ALICE), (other, AGENT)
    )
    assert all(future.result(WAIT_SECONDS).decision.refusal is None for future in futures)
    case = desk.store.load(first.case_id).case
    assert (case.status, case.next_case_id) == (Status.COMPLETED, second.case_id)


def test_a_chain_of_follow_ups_may_be_longer_than_one_statement(desk):
    commands = [creating()]
    for _ in range(150):
        commands.append(creating(previous_case_id=commands[-1].case_id))
    with capture_logs() as warnings:
        futures = desk.together(*((command, AGENT) for command in commands))
    assert all(future.result().created for future in futures)
    assert (desk.batches, warnings) == ([1, 151], [])
    stored = desk.store.load_many([command.case_id for command in commands])
    following = [stored[command.case_id].case.next_case_id for command in commands]
    assert following == [*(command.case_id for command in commands[1:]), None]


@pytest.mark.parametrize("whose", ["nobody's", "foreign"])
def test_a_follow_up_of_no_case_of_ones_own_is_refused(desk, whose):
    alice, mallory = (desk.store.add_agent(name, **CHANGED).agent_id for name in ("alice", "mallory"))
    previous = desk.ask(alice) if whose == "foreign" else "review_none"
    command = creating(mallory, previous_case_id=previous)
    refusal = desk.do(command, AGENT).decision.refusal
    assert isinstance(refusal, InvalidRequest)
    assert [error["path"] for error in refusal.details["errors"]] == ["previous_case_id"]
    assert desk.store.load(command.case_id) is None
