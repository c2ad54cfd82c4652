"""Deadlines, reminders and retention, over restarts too. HITL v0.8 §6, §8, §13.6."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from openhitl.errors import CaseExpired, NotFound
from openhitl.jobs import Sweeper
from openhitl.protocol.case import Status
from openhitl.protocol.submission import Submission
from openhitl.protocol.timestamps import timestamp
from tests.cases.books import LINK, MovableClock, ask, opened

RETENTION = timedelta(days=30)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def sweeper_of(book):
    return Sweeper(book, retention=RETENTION)


async def statuses(book, case_id):
    return [str(event.kind) for event in await book.events(case_id, after=0)]


def test_a_deadline_passes_once_however_often_it_is_swept(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            case_id = await ask(book, timeout="1h", default_action="abort")
            assert await sweeper_of(book).sweep() == 0
            clock.move(hours=1)
            assert await sweeper_of(book).sweep() == 1
            assert await sweeper_of(book).sweep() == 0
            stored = await book.files.load(case_id)
            assert stored.case.status is Status.EXPIRED
            assert stored.case.finished_at == stored.case.expires_at
            assert await statuses(book, case_id) == ["pending", "expired"]

    asyncio.run(scenario())


def test_a_deadline_that_passed_while_nothing_ran_is_kept_after_the_restart(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            case_id = await ask(book, timeout="1h")
        clock.move(days=2)
        async with opened(database_url, clock, tmp_path) as book:
            assert await sweeper_of(book).sweep() == 1
            stored = await book.files.load(case_id)
            assert stored.case.status is Status.EXPIRED
            assert stored.case.finished_at == stored.case.created_at + timedelta(hours=1)

    asyncio.run(scenario())


def test_reminders_come_in_order_and_those_missed_are_told_once(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            at = [timestamp(clock.now + timedelta(hours=hours)) for hours in (1, 2, 3)]
            case_id = await ask(book, timeout="5h", reminder_at=at)
            clock.move(hours=1)
            await sweeper_of(book).sweep()
            assert await statuses(book, case_id) == ["pending", "reminder"]
        clock.move(hours=2.5)
        async with opened(database_url, clock, tmp_path) as book:
            await sweeper_of(book).sweep()
            assert await statuses(book, case_id) == ["pending", "reminder", "reminder"]
            stored = await book.files.load(case_id)
            assert stored.case.status is Status.PENDING
            assert stored.case.reminder_sent_at == clock.now
            clock.move(hours=2)
            await sweeper_of(book).sweep()
            assert await statuses(book, case_id) == ["pending", "reminder", "reminder", "expired"]

    asyncio.run(scenario())


def test_a_submit_at_the_deadline_is_refused_and_records_the_expiry(database_url, clock, tmp_path):
    """HITL v0.8 §8 "Status: Expired", swept or not."""

    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            case_id = await ask(book, timeout="1h")
            clock.move(hours=1)
            with pytest.raises(CaseExpired):
                await book.submit(case_id, Submission(action="confirm"), LINK)
            assert (await book.files.load(case_id)).case.status is Status.EXPIRED
            assert await statuses(book, case_id) == ["pending", "expired"]

    asyncio.run(scenario())


def test_a_submit_just_before_the_deadline_counts(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            case_id = await ask(book, timeout="1h")
            clock.move(minutes=59, seconds=59.999)
            await book.submit(case_id, Submission(action="confirm"), LINK)
            clock.move(hours=1)
            assert await sweeper_of(book).sweep() == 0
            assert (await book.files.load(case_id)).case.status is Status.COMPLETED

    asyncio.run(scenario())


def test_a_look_at_an_overdue_case_shows_it_expired(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            case_id = await ask(book, timeout="1h")
            clock.move(hours=1)
            assert (await book.current(case_id)).case.status is Status.EXPIRED

    asyncio.run(scenario())


def test_what_ended_before_the_retention_is_deleted_and_nothing_else(database_url, clock, tmp_path):
    """HITL v0.8 §13.6: 30 days after a final state."""

    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            old = await ask(book, timeout="7d")
            await book.submit(old, Submission(action="confirm", data={"note": "a secret note"}), LINK)
            clock.move(days=29)
            recent = await ask(book, timeout="7d")
            await book.submit(recent, Submission(action="cancel"), LINK)
            waiting = await ask(book, timeout="7d")
            assert await sweeper_of(book).purge() == 0
            clock.move(days=1, milliseconds=1)
            assert await sweeper_of(book).purge() == 1
            with pytest.raises(NotFound):
                await book.files.load(old)
            for kept in (recent, waiting):
                assert (await book.files.load(kept)).case.case_id == kept
            assert book.ledger.store.verify_log() is None

    asyncio.run(scenario())


def test_many_cases_due_at_once_are_all_swept(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            for _ in range(5):
                await asyncio.gather(*(ask(book, timeout="1h") for _ in range(100)))
            clock.move(hours=1)
            assert await sweeper_of(book).sweep() == 500

    asyncio.run(scenario())


def test_what_is_too_old_to_mean_anything_is_forgotten(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            store, every = book.ledger.store, timedelta(minutes=1)
            store.take("sign-in:192.0.2.7", every=every, burst=1, now=clock())
            assert await sweeper_of(book).forget() == 0
            clock.move(hours=1)
            assert await sweeper_of(book).forget() == 1
            assert await sweeper_of(book).forget() == 0

    asyncio.run(scenario())
