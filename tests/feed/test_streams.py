"""Who waits for events, what they are sent, and the heartbeats between. HITL v0.8 §8.5."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from openhitl.feed import Streams
from openhitl.feed.streams import HEARTBEAT, event_bytes
from tests.feed.loops import run_skipping

PROMISED_SECONDS = 15


@pytest.mark.parametrize("wait_before", [0.0, 0.4, 0.999, 3.5, 13.9])
def test_a_silent_stream_gets_a_heartbeat_every_fifteen_seconds_at_the_latest(wait_before):
    async def scenario():
        streams = Streams()
        beating = asyncio.create_task(streams.beat_forever())
        await asyncio.sleep(wait_before)
        loop = asyncio.get_running_loop()
        stream = streams.register("review_a")
        last = loop.time()
        for _ in range(5):
            assert await stream.next_chunk() == HEARTBEAT
            assert 10 < loop.time() - last <= PROMISED_SECONDS
            last = loop.time()
        beating.cancel()

    run_skipping(scenario())


def test_a_wheel_that_was_held_up_does_not_fall_behind_for_good():
    async def scenario():
        streams = Streams(heartbeat_seconds=1)
        beating = asyncio.create_task(streams.beat_forever())
        loop = asyncio.get_running_loop()
        stream = streams.register("review_a")
        for second in range(1, 11):
            assert await stream.next_chunk() == HEARTBEAT
            assert second <= loop.time() < second + 0.5
            if second == 1:
                await asyncio.sleep(0.6)
                loop.hold_up(0.7)
        assert loop.time() == pytest.approx(10)
        beating.cancel()

    run_skipping(scenario())


def test_many_streams_are_spread_over_the_wheel_and_each_is_beaten():
    async def scenario():
        streams = Streams()
        beating = asyncio.create_task(streams.beat_forever())
        waiting = []
        for number in range(60):
            waiting.append(streams.register(f"review_{number % 7}"))
            await asyncio.sleep(0.25)
        loop = asyncio.get_running_loop()
        registered = loop.time()
        async with asyncio.timeout(PROMISED_SECONDS):
            chunks = await asyncio.gather(*(stream.next_chunk() for stream in waiting))
        assert set(chunks) == {HEARTBEAT}
        assert loop.time() - registered <= PROMISED_SECONDS
        beating.cancel()

    run_skipping(scenario())


def test_a_stream_that_has_something_to_send_needs_no_heartbeat():
    async def scenario():
        streams = Streams()
        stream = streams.register("review_a")
        streams.offer("review_a", b"event", seq=1, final=False)
        stream.beat()
        assert await stream.next_chunk() == b"event"

    run_skipping(scenario())


def test_an_event_that_was_sent_before_is_passed_over():
    async def scenario():
        streams = Streams()
        stream = streams.register("review_a")
        stream.push(b"two", seq=2)
        for chunk, seq in ((b"one", 1), (b"two again", 2), (b"progress", None), (b"three", 3)):
            streams.offer("review_a", chunk, seq=seq, final=seq == 3)
        streams.offer("review_a", b"four", seq=4, final=False)
        assert await stream.next_chunk() == b"twoprogressthree"
        assert stream.ended
        assert await stream.next_chunk() == b""

    run_skipping(scenario())


def test_events_reach_those_who_wait_for_the_case_and_nobody_else():
    async def scenario():
        streams = Streams()
        first, second, other = (streams.register(f"review_{name}") for name in "aab")
        streams.offer("review_a", b"event", seq=1, final=False)
        assert (first.waiting, second.waiting, other.waiting) == (True, True, False)
        for stream in (first, second):
            streams.remove(stream)
        assert not streams.waits("review_a")
        assert streams.waits("review_b")
        assert len(streams) == 1
        streams.offer("review_a", b"to nobody", seq=2, final=True)

    run_skipping(scenario())


def test_at_the_end_every_stream_ends_and_those_that_still_come_too():
    async def scenario():
        streams = Streams()
        waiting = [streams.register("review_a") for _ in range(3)]
        reads = [asyncio.create_task(stream.next_chunk()) for stream in waiting]
        await asyncio.sleep(0)
        streams.end_all()
        assert await asyncio.gather(*reads) == [b""] * 3
        late = streams.register("review_b")
        assert late.ended
        assert await late.next_chunk() == b""

    run_skipping(scenario())


def test_a_reader_that_goes_away_while_it_waits_leaves_nothing_behind():
    async def scenario():
        streams = Streams()
        stream = streams.register("review_a")
        read = asyncio.create_task(stream.next_chunk())
        await asyncio.sleep(0)
        read.cancel()
        with suppress(asyncio.CancelledError):
            await read
        streams.offer("review_a", b"event", seq=1, final=False)
        streams.remove(stream)
        assert len(streams) == 0

    run_skipping(scenario())


def test_an_event_is_one_block_of_lines_whatever_its_data_holds():
    chunk = event_bytes("completed", {"text": "a\n\nid: 9\r\nevent: review.forged\u2028ü"}, 4)
    assert chunk.startswith(b"id: 4\nevent: review.completed\ndata: {")
    assert chunk.count(b"\n") == 4
    assert b"\r" not in chunk
    assert chunk.endswith(b"\n\n")
    assert not event_bytes("in_progress", {}, None).startswith(b"id:")
