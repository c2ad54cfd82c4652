"""Following the log: what other processes did, wake-ups that get lost, a log that cannot be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from openhitl.feed import Feed
from openhitl.protocol.case import Status
from openhitl.protocol.lifecycle import EventKind
from openhitl.store.records import LogEntry
from tests.feed.loops import run_skipping
from tests.feed.records import Records
from tests.protocol.values import CASE_ID


@asynccontextmanager
async def following(records: Records) -> AsyncIterator[Feed]:
    """Run the feed of a process that has just started."""
    feed = records.feed()
    task = asyncio.create_task(feed.run(records.log[-1].position))
    await asyncio.sleep(0)
    try:
        yield feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_an_event_of_another_process_reaches_the_stream_without_any_wake_up():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            stream = feed.streams.register(CASE_ID)
            loop = asyncio.get_running_loop()
            happened = loop.time()
            records.happen(EventKind.CANCELLED, reason="Not needed")
            chunk = await stream.next_chunk()
            assert b"event: review.cancelled" in chunk
            assert loop.time() - happened <= 1.5
            assert stream.ended

    run_skipping(scenario())


def test_a_feed_that_shares_its_callers_with_other_processes_reads_for_each_poll():
    async def scenario():
        records = Records()
        feed = records.feed(trust_seconds=0.0)
        task = asyncio.create_task(feed.run(records.log[-1].position))
        assert (await feed.entry(CASE_ID)).case.status is Status.PENDING
        records.happen(EventKind.OPENED)
        assert (await feed.entry(CASE_ID)).case.status is Status.OPENED
        assert feed.cached(CASE_ID) is None
        task.cancel()

    run_skipping(scenario())


def test_an_event_of_another_process_is_seen_by_the_next_poll():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            assert (await feed.entry(CASE_ID)).case.status is Status.PENDING
            records.happen(EventKind.OPENED)
            await records.looked_again(feed)
            assert (await feed.entry(CASE_ID)).case.status is Status.OPENED

    run_skipping(scenario())


def test_a_commit_of_this_process_is_told_at_once_and_only_once():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            stream = feed.streams.register(CASE_ID)
            feed.committed([records.happen(EventKind.OPENED)])
            assert (await stream.next_chunk()).count(b"event:") == 1
            await records.looked_again(feed)
            assert not stream.waiting
            assert feed.cached(CASE_ID).case.status is Status.OPENED
            assert records.reads == 0

    run_skipping(scenario())


def test_what_another_process_wrote_just_before_our_own_commit_is_not_jumped_over():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            stream = feed.streams.register(CASE_ID)
            records.happen(EventKind.OPENED)  # theirs, unknown to us so far
            foreign = LogEntry(position=records.log[-1].position + 1, event=records.log[0].event)
            records.log.append(foreign)
            feed.committed([records.happen(EventKind.REMINDER)])  # ours
            assert b"review.reminder" in await stream.next_chunk()
            await records.looked_again(feed)
            assert feed.cached(CASE_ID).case.seq == records.stored.case.seq

    run_skipping(scenario())


def test_many_events_at_once_are_read_page_by_page():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            for _ in range(2_500):
                records.happen(EventKind.REMINDER)
            stream = feed.streams.register(CASE_ID)
            looks = records.looks
            feed.wake()
            async with records.looked:
                await records.looked.wait_for(lambda: records.looks >= looks + 3)
            await asyncio.sleep(0)
            assert (await stream.next_chunk()).count(b"event: review.reminder") == 2_500

    run_skipping(scenario())


@pytest.mark.parametrize("seconds", [2.1, 60.0])
def test_a_process_whose_log_cannot_be_read_serves_nothing_from_memory_after_two_seconds(seconds):
    async def scenario():
        records = Records()
        async with following(records) as feed:
            await feed.entry(CASE_ID)
            assert feed.cached(CASE_ID) is not None
            records.failing = True
            await records.looked_again(feed)
            records.monotonic += 1.9
            assert feed.cached(CASE_ID) is not None
            records.monotonic += seconds - 1.9
            assert feed.cached(CASE_ID) is None
            records.happen(EventKind.OPENED)  # by another process
            assert (await feed.entry(CASE_ID)).case.status is Status.OPENED
            assert feed.cached(CASE_ID) is None

    run_skipping(scenario())


def test_trust_comes_back_with_the_log_and_with_all_that_was_missed():
    async def scenario():
        records = Records()
        async with following(records) as feed:
            await feed.entry(CASE_ID)
            stream = feed.streams.register(CASE_ID)
            records.failing = True
            records.monotonic += 10
            records.happen(EventKind.OPENED)
            records.happen(EventKind.CANCELLED, reason=None)
            await records.looked_again(feed)
            assert feed.cached(CASE_ID) is None
            records.failing = False
            await records.looked_again(feed)
            assert feed.cached(CASE_ID) is None  # the entry was old; what is fresh is read first
            assert (await feed.entry(CASE_ID)).case.status is Status.CANCELLED
            assert feed.cached(CASE_ID) is not None
            chunk = await stream.next_chunk()
            assert chunk.index(b"review.opened") < chunk.index(b"review.cancelled")

    run_skipping(scenario())


def test_a_resumed_stream_that_an_event_overtakes_gets_it_once():
    """HITL v0.8 §8.5: registered first, then read, then sent what is newer."""

    async def scenario():
        records = Records()
        async with following(records) as feed:
            stream = feed.streams.register(CASE_ID)
            stream.seq = 1
            missed = records.happen(EventKind.OPENED)
            feed.committed([missed])
            feed.replay(stream, missed.decision.events)
            feed.present(stream, await feed.entry(CASE_ID))
            assert (await stream.next_chunk()).count(b"event: review.opened") == 1

    run_skipping(scenario())
