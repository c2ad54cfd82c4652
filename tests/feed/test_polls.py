"""The poll cache: one read for all who ask, never an older version, nothing past its deadline."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from openhitl.feed.polls import NEXT_ROUND_SECONDS
from openhitl.protocol.case import FINAL, Status
from openhitl.protocol.lifecycle import EventKind
from openhitl.store.records import StoredCase
from tests.feed.records import Records
from tests.protocol.values import CASE_ID, answer, case, content

HOUR = 3_600.0
DAY = 24 * HOUR


async def settled() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_all_who_ask_at_once_share_one_read():
    async def scenario():
        records = Records()
        polls = records.feed().polls
        records.gate.clear()
        asking = [asyncio.create_task(polls.fill(CASE_ID)) for _ in range(50)]
        await settled()
        records.gate.set()
        entries = await asyncio.gather(*asking)
        assert records.reads == 1
        assert {id(entry) for entry in entries} == {id(polls.fresh(CASE_ID))}

    asyncio.run(scenario())


def test_one_who_gives_up_does_not_take_the_read_from_the_others():
    async def scenario():
        records = Records()
        polls = records.feed().polls
        records.gate.clear()
        impatient, patient = (asyncio.create_task(polls.fill(CASE_ID)) for _ in range(2))
        await settled()
        impatient.cancel()
        await settled()
        records.gate.set()
        assert (await patient).case.case_id == CASE_ID
        assert records.reads == 1

    asyncio.run(scenario())


def test_a_case_that_does_not_exist_is_not_kept():
    async def scenario():
        polls = Records().feed().polls
        assert await polls.fill("review_nothing") is None
        assert len(polls) == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("told_by", ["its own commit", "the log"])
def test_a_read_that_was_overtaken_is_repeated(told_by):
    """The read saw the old state; the change came before it was kept."""

    async def scenario():
        records = Records()
        feed = records.feed()
        records.gate.clear()
        asking = asyncio.create_task(feed.polls.fill(CASE_ID))
        await settled()
        committed = records.happen(EventKind.COMPLETED, finished_at=records.stored.case.created_at)
        if told_by == "the log":
            feed.polls.happened(CASE_ID, committed.decision.case.seq)
        else:
            feed.committed([committed])
        records.gate.set()
        assert (await asking).case.status is Status.COMPLETED
        assert feed.polls.fresh(CASE_ID).case.status is Status.COMPLETED
        assert records.reads == 2

    asyncio.run(scenario())


def test_an_older_version_never_replaces_a_newer_one():
    async def scenario():
        records = Records()
        polls = records.feed().polls
        newer = case(version=3, seq=3, status=Status.OPENED)
        polls.committed(newer, None)
        polls.committed(case(version=2, seq=2), None)
        assert polls.fresh(CASE_ID).case is newer
        records.stored = replace(records.stored, case=case(version=1))  # a replica that lags behind
        assert (await polls.fill(CASE_ID)).case is newer

    asyncio.run(scenario())


def test_an_event_of_another_process_makes_an_entry_old_and_an_old_event_does_not():
    async def scenario():
        polls = Records().feed().polls
        polls.committed(case(version=2, seq=2), None)
        polls.happened(CASE_ID, 2)
        assert polls.fresh(CASE_ID) is not None
        polls.happened(CASE_ID, 3)
        assert polls.fresh(CASE_ID) is None

    asyncio.run(scenario())


def test_the_entry_of_an_open_case_dies_at_its_deadline():
    """HITL v0.8 §8 "Status: Expired": what was pending may not be served a moment later."""

    async def scenario():
        records = Records()
        polls = records.feed().polls
        await polls.fill(CASE_ID)
        records.wall += DAY - 0.001
        assert polls.fresh(CASE_ID) is not None
        records.wall += 0.001
        assert polls.fresh(CASE_ID) is None

    asyncio.run(scenario())


@pytest.mark.parametrize("next_case_id", [None, "review_next"])
def test_a_case_that_has_ended_is_asked_for_again_since_a_round_may_follow(next_case_id):
    """HITL v0.8 §8 `next_case_id`: another process links it without an event, whatever the end was."""

    async def scenario():
        records = Records()
        polls = records.feed().polls
        for status in FINAL:
            final = case(status, version=9, seq=9, next_case_id=next_case_id)
            polls.committed(final, answer() if status is Status.COMPLETED else None)
            assert polls.fresh(CASE_ID).case is final
            records.wall += NEXT_ROUND_SECONDS
            assert polls.fresh(CASE_ID) is None

    asyncio.run(scenario())


def test_progress_is_asked_for_again_every_second():
    """It is not in the log, so drafts that other processes saved are noticed in no other way."""

    async def scenario():
        records = Records()
        polls = records.feed().polls
        polls.committed(case(Status.IN_PROGRESS, version=2, seq=2), None)
        records.wall += 0.9
        assert polls.fresh(CASE_ID) is not None
        records.wall += 0.2
        assert polls.fresh(CASE_ID) is None

    asyncio.run(scenario())


def test_a_change_after_the_end_is_read_with_its_answer():
    """HITL v0.8 §15.3: a follow-up gives an answered case its `next_case_id`."""

    async def scenario():
        records = Records()
        done = case(Status.COMPLETED, version=2, seq=2)
        records.stored = StoredCase(case=done, content=content(), answer=answer())
        feed = records.feed()
        await feed.polls.fill(CASE_ID)
        linked = replace(done, version=3, next_case_id="review_next")
        records.stored = replace(records.stored, case=linked)
        feed.polls.committed(linked, None)
        body = json.loads(feed.polls.body(await feed.entry(CASE_ID)))
        assert (body["next_case_id"], body["result"]["action"]) == ("review_next", "approve")

    asyncio.run(scenario())


def test_a_body_is_encoded_once_and_its_etag_says_version_and_status():
    async def scenario():
        polls = Records().feed().polls
        entry = await polls.fill(CASE_ID)
        assert entry.etag == b'"v1-pending"'
        assert polls.body(entry) is polls.body(entry)
        assert json.loads(polls.body(entry))["case_id"] == CASE_ID

    asyncio.run(scenario())
