"""Reminders: each told once, by whichever server, for as long as nobody has begun. HITL v0.8 §6, §8.5."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openhitl.jobs import Sweeper
from openhitl.protocol.case import Status
from openhitl.protocol.submission import Submission
from openhitl.protocol.timestamps import timestamp
from tests.cases.books import LINK, MovableClock, ask, opened
from tests.door.bodies import CONFIRMATION
from tests.door.test_events import Reader, follow
from tests.feed.test_two_servers import paired


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


async def kinds_after_two_hours(book: Any, clock: MovableClock, meanwhile: Any) -> list[str]:
    """Ask with a reminder after an hour, do something before it, and say what has happened."""
    at = [timestamp(clock.now + timedelta(hours=1))]
    case_id = await ask(book, timeout="5h", reminder_at=at)
    await meanwhile(case_id)
    clock.move(hours=2)
    await Sweeper(book, retention=timedelta(0)).sweep()
    return [str(event.kind) for event in await book.events(case_id, after=0)]


@pytest.mark.parametrize(
    ("meanwhile", "kinds"),
    [
        ("nothing", ["pending", "reminder"]),
        ("opened", ["pending", "opened", "reminder"]),
        ("begun", ["pending", "in_progress"]),
        ("answered", ["pending", "completed"]),
        ("cancelled", ["pending", "cancelled"]),
    ],
)
def test_a_reminder_is_for_cases_that_nobody_has_begun(database_url, clock, tmp_path, meanwhile, kinds):
    """HITL v0.8 §6 `reminder_at`: while the case is still pending or opened."""

    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:

            async def happens(case_id: str) -> None:
                if meanwhile == "opened":
                    await book.opened(case_id, LINK)
                elif meanwhile == "begun":
                    await book.save_draft(case_id, {"note": "x"}, LINK, base_version=None, step=1, secrets={})
                elif meanwhile == "answered":
                    await book.submit(case_id, Submission(action="confirm"), LINK)
                elif meanwhile == "cancelled":
                    await book.cancel(case_id, LINK, reason=None)

            assert await kinds_after_two_hours(book, clock, happens) == kinds

    asyncio.run(scenario())


def test_a_case_that_was_begun_still_expires_at_its_deadline(database_url, clock, tmp_path):
    async def scenario():
        async with opened(database_url, clock, tmp_path) as book:
            at = [timestamp(clock.now + timedelta(hours=1)), timestamp(clock.now + timedelta(hours=2))]
            case_id = await ask(book, timeout="3h", reminder_at=at)
            await book.save_draft(case_id, {"note": "x"}, LINK, base_version=None, step=1, secrets={})
            clock.move(hours=1.5)
            sweeper = Sweeper(book, retention=timedelta(0))
            assert await sweeper.sweep() == 1
            assert await sweeper.sweep() == 0  # what nobody is told any more is not due again and again
            clock.move(hours=2)
            assert await sweeper.sweep() == 1
            assert (await book.files.load(case_id)).case.status is Status.EXPIRED

    asyncio.run(scenario())


def reminded(reader: Reader, until: str) -> list[dict[str, Any]]:
    """Read the reminders of a stream up to the one of an instant."""
    told: list[dict[str, Any]] = []
    while not told or told[-1]["reminder_at"] != until:
        event = reader.next()
        assert event is not None
        assert event[0] == "review.reminder"
        told.append(event[1])
    return told


def instants_of(told: list[dict[str, Any]]) -> list[str]:
    return [data["reminder_at"] for data in told]


def test_two_servers_tell_each_reminder_once(tmp_path, database_url):
    """HITL v0.8 §8.5: on the event streams of both, and in the poll. They are sorted, and told once each."""
    with paired(tmp_path, database_url) as pair:
        now = datetime.now(UTC)
        at = [timestamp(now + timedelta(seconds=seconds)) for seconds in (4, 2, 2, 3)]
        wanted = sorted(set(at))
        cases = [pair.a.ask({**CONFIRMATION, "timeout": "1h", "reminder_at": at}) for _ in range(5)]
        for hitl in cases:
            assert hitl["reminder_at"] == wanted
            with follow(pair.a, hitl, "1") as here, follow(pair.b, pair.seen_by_b(hitl), "1") as there:
                told, instants = reminded(here, wanted[-1]), instants_of(reminded(there, wanted[-1]))
            # On a slow machine some fall due together, and are then told as one.
            assert instants_of(told) == instants == sorted(set(instants) & set(wanted))
            assert {data["case_id"] for data in told} == {hitl["case_id"]}
            path = hitl["review_url"].removeprefix(pair.a.url)
            assert all(data["review_url"].endswith(path) for data in told)
            polled = pair.a.service.get(hitl["poll_url"])
            assert polled.headers["etag"] == f'"v{len(told) + 1}-pending"'
            assert polled.json()["reminder_sent_at"] >= wanted[-1]
            cancel = f"/api/v1/reviews/{hitl['case_id']}/cancel"
            assert pair.b.service.post(cancel, json={}).status_code == 200
            with follow(pair.a, hitl, str(len(told) + 1)) as reader:
                event = reader.next()
                assert event is not None
                assert event[0] == "review.cancelled"
                assert reader.next() is None
