"""What is wanted while something is loaded is loaded once after it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from openhitl.person.screen.loading import Loading

pytestmark = pytest.mark.anyio


async def test_what_happens_during_a_load_takes_one_more_load_and_not_one_each():
    began, go_on, ended = (asyncio.Semaphore(0) for _ in range(3))
    running, most, loads = 0, 0, 0

    async def load() -> None:
        nonlocal running, most, loads
        running, loads = running + 1, loads + 1
        most = max(most, running)
        began.release()
        await go_on.acquire()
        running -= 1
        ended.release()

    loading = Loading(load)
    task = asyncio.create_task(loading.run())
    loading.want()
    await began.acquire()
    for _ in range(10):
        loading.want()
    go_on.release()
    await began.acquire()
    go_on.release()
    for _ in range(2):
        await ended.acquire()
    assert (loads, most) == (2, 1)
    loading.want()
    await began.acquire()
    assert loads == 3
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
