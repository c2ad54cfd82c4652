"""What is measured: bursts of the four requests, and idle event streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.contestants import Running
from benchmarks.load import TIMEOUT_SECONDS, Burst, WrongAnswer, burst, is_complete
from benchmarks.requests import OpenCase, body, each_in_turn, headers
from benchmarks.streams import EventStream, open_streams

OPERATIONS = ("create", "poll 200", "poll 304", "respond")
#: After this long every stream has had a heartbeat.
HEARTBEAT_ROUND_SECONDS = 17.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Submit sent → event received, in milliseconds."""

    p50: float
    p99: float


async def create_cases(contestant: Running, count: int) -> tuple[Burst, list[OpenCase]]:
    """Create cases, as fast as it goes."""
    created = await burst(contestant.server, [contestant.requests.create()] * count, status=202)
    return created, [OpenCase.parse(body(response)) for response in created.responses]


async def measure_operations(contestant: Running, *, cases: int, polls: int) -> dict[str, Burst]:
    """Create cases, poll each with and without a change, answer each. `polls` ≥ `cases`."""
    server, requests = contestant.server, contestant.requests
    created, known = await create_cases(contestant, cases)
    polled = await burst(server, each_in_turn(list(map(requests.poll, known)), polls), status=200)
    etags = [headers(response)["etag"] for response in polled.responses[:cases]]
    unchanged = list(map(requests.poll_unchanged, known, etags))
    same = await burst(server, each_in_turn(unchanged, polls), status=304)
    responded = await burst(server, list(map(requests.respond, known)), status=200)
    return dict(zip(OPERATIONS, (created, polled, same, responded), strict=True))


async def measure_latency(contestant: Running, *, idle: int, answers: int) -> Latency:
    """Answer cases one after another while `idle` other streams wait."""
    _, known = await create_cases(contestant, idle + answers)
    streams = await open_streams(contestant.server.port, list(map(contestant.requests.events, known)))
    try:
        submits = list(map(contestant.requests.respond, known[:answers]))
        seconds = await _submit_to_event(contestant.server.port, submits, streams[:answers])
        hundredths = quantiles(seconds, n=100)
        return Latency(p50=hundredths[49] * 1000, p99=hundredths[98] * 1000)
    finally:
        for stream in streams:
            stream.close()


async def _submit_to_event(
    port: int, submits: Sequence[bytes], streams: Sequence[EventStream]
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    for submit, stream in zip(submits, streams, strict=True):
        sent = time.perf_counter()
        writer.write(submit)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            taken.append(await stream.told - sent)
            response = await reader.readuntil(b"\r\n\r\n")
            while not is_complete(response):
                response += await reader.read(65536)
        if not response.startswith(b"HTTP/1.1 200 "):
            raise WrongAnswer(f"wanted 200, got {response[:600]!r}")
    writer.close()
    return taken


async def measure_memory(contestant: Running, *, idle: int, settle_seconds: float) -> float:
    """Return how many KiB of resident memory each of many idle streams takes."""
    _, known = await create_cases(contestant, idle)
    before = contestant.server.memory_kib()
    streams = await open_streams(contestant.server.port, list(map(contestant.requests.events, known)))
    try:
        await asyncio.sleep(settle_seconds)
        return (contestant.server.memory_kib() - before) / idle
    finally:
        for stream in streams:
            stream.close()
