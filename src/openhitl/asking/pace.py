"""How long calls wait, and how often they show that they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds lie between two beats, and after how many a call answers that it is pending.

    Clients give a call up after 60 s, or without a beat for a while; proxies cut what is silent sooner.
    """

    beat_seconds: float = 10.0
    answer_seconds: float = 45.0


@asynccontextmanager
async def beating(beat: Callable[[int], Awaitable[None]], seconds: float) -> AsyncIterator[None]:
    """Beat at once and then every so many seconds; `beat` is given which one it is, from 0."""
    beats = asyncio.create_task(_beat_forever(beat, seconds))
    try:
        yield
    finally:
        beats.cancel()


async def _beat_forever(beat: Callable[[int], Awaitable[None]], seconds: float) -> None:
    number = 0
    while True:
        try:
            await beat(number)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            return  # the client has gone
        number += 1
        await asyncio.sleep(seconds)
