"""Cases and audit records are appended at once, by threads and processes; the feed follows all of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from openhitl.feed import Feed
from openhitl.protocol import wire
from tests.store.desk import WAIT_SECONDS, Desk, creating, opened, submitting
from tests.store.recorder import record

THREADS = 8
CHANGES = 15
#: Of cases, for each who answers: the threads together, and each other process.
SHARE = 40


@contextmanager
def recorder(url, case_ids):
    command = [sys.executable, "-m", "tests.store.recorder", url, str(CHANGES), *case_ids]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:
        yield
    assert process.returncode == 0


def test_the_chain_has_no_gap_and_the_feed_misses_nothing(database_url):
    async def scenario():
        loop = asyncio.get_running_loop()
        with opened(database_url) as desk:
            case_ids = [desk.ask() for _ in range(3 * SHARE)]
            feed = feed_of(desk)
            desk.told = lambda batch: loop.call_soon_threadsafe(feed.committed, batch)
            following = asyncio.create_task(feed.run(desk.store.head()))
            streams = [feed.streams.register(case_id) for case_id in case_ids]
            at_work = asyncio.to_thread(work, desk, database_url, case_ids)
            heard = asyncio.gather(*(ending(stream) for stream in streams))
            async with asyncio.timeout(WAIT_SECONDS):
                await asyncio.gather(at_work, heard)
            following.cancel()
            # Every case was made, a few more by the threads, and all that were asked were answered.
            appended = 2 * len(case_ids) + THREADS * CHANGES + (THREADS + 2) * CHANGES
            assert desk.store.head() == appended
            entries = list(desk.store.log_entries(after=0, until=appended))
            assert [entry.position for entry in entries] == list(range(1, appended + 1))
            assert sum(entry.kind == "secret.rotated" for entry in entries) == (THREADS + 2) * CHANGES
            assert desk.store.verify_log() is None
            assert desk.store.receipt_generation() == (THREADS + 2) * CHANGES

    asyncio.run(scenario())


def feed_of(desk: Desk) -> Feed:
    return Feed(
        load=lambda case_id: asyncio.to_thread(desk.store.load, case_id),
        log_since=lambda position, limit: asyncio.to_thread(desk.store.log_since, position, limit),
        review_url=str,
        spell=lambda case, answer, place: wire.poll_body(case, answer),
        of_cases=lambda cases, people: asyncio.to_thread(desk.store.hearers, cases, people),
        newest=lambda: asyncio.to_thread(desk.store.newest_notices, 10),
        of_notices=lambda numbers, people: asyncio.to_thread(desk.store.notice_hearers, numbers, people),
        lasting=lambda numbers: asyncio.to_thread(desk.store.lasting_sessions, numbers, datetime.now(UTC)),
    )


async def ending(stream):
    while not stream.ended:
        await stream.next_chunk()
    assert stream.seq == 2


def work(desk, url, case_ids):
    ours, theirs, others = (case_ids[start::3] for start in range(3))
    with (
        recorder(url, theirs),
        recorder(url, others),
        ThreadPoolExecutor(2 * THREADS) as threads,
    ):
        recording = [threads.submit(record, desk, CHANGES) for _ in range(THREADS)]
        answering = [threads.submit(answer, desk, ours[start::THREADS]) for start in range(THREADS)]
        for future in (*recording, *answering):
            future.result(WAIT_SECONDS)


def answer(desk, case_ids):
    for case_id in case_ids:
        assert desk.do(submitting(case_id)).decision.refusal is None
    for _ in range(CHANGES):
        assert desk.do(creating()).created
