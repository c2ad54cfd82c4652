"""Who hears of what: the streams of people end with the session that they were opened in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from openhitl.feed.audience import Audience
from openhitl.feed.streams import Stream, Streams
from tests.feed.loops import run_skipping
from tests.feed.records import Records

OVER, LASTING, NEW = 1, 2, 3


def test_who_joins_during_a_look_is_not_ended_by_it():
    async def scenario():
        joined: list[Stream] = []

        async def lasting(sessions: Sequence[int]) -> Sequence[int]:
            joined.append(await audience.join(7, NEW))
            return [one for one in sessions if one != OVER]

        records = Records()
        audience = Audience(
            Streams(),
            of_cases=records.hearers,
            newest=records.newest,
            of_notices=records.notice_hearers,
            lasting=lasting,
        )
        over, stays = await audience.join(7, OVER), await audience.join(7, LASTING)
        assert b"inbox.ready" in await over.next_chunk()
        running = asyncio.create_task(audience.run())
        audience.look()
        assert await over.next_chunk() == b""
        assert [one.ended for one in (stays, *joined)] == [False] * (1 + len(joined))
        running.cancel()

    run_skipping(scenario())
