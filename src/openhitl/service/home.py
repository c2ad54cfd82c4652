"""Where the cases of a service live: one event loop per process, entered at the first request."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio.from_thread

from openhitl.errors import HitlError, SetupError

T = TypeVar("T")
R = TypeVar("R")


class Home(Generic[T]):
    """Opens something once on one event loop, and has work done with it there, from wherever it is asked.

    The loop is that of the first request; where requests have none, as under WSGI, one on a thread. After
    a fork, or when the loop was closed, it is opened anew.

    Args:
        opening: opens it, on the loop.
    """

    def __init__(self, opening: Callable[[], Awaitable[T]]) -> None:
        self._opening = opening
        self._choosing = threading.Lock()
        self._process = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened: asyncio.Future[T] | None = None
        #: Whether requests come without a loop of their own that lasts.
        self.on_thread = False

    async def run(self, work: Callable[[T], Awaitable[R]]) -> R:
        """Do work there and return its result."""
        running = asyncio.get_running_loop()
        loop = self._choose(running)
        if loop is running:
            return await self._do(work)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._do(work), loop))

    async def here(self) -> T:
        """Return it to work with on the running loop. Raises: SetupError if it lives on another."""
        running = asyncio.get_running_loop()
        if self._choose(running) is not running:
            raise SetupError("The cases live on another event loop: use one face in a process.")
        return await self._open()

    def run_sync(self, work: Callable[[T], Awaitable[R]]) -> R:
        """Do work there from code that is not async. Raises: SetupError on the loop itself."""
        loop = self._choose(_server_loop())
        if loop is _running_loop():
            raise SetupError("This would wait for itself: use the async method in async code.")
        future = asyncio.run_coroutine_threadsafe(self._do(work), loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _choose(self, running: asyncio.AbstractEventLoop | None) -> asyncio.AbstractEventLoop:
        with self._choosing:
            if self._loop is None or self._process != os.getpid() or self._loop.is_closed():
                own = self.on_thread or running is None
                self._loop = _loop_on_thread() if own or running is None else running
                self._process = os.getpid()
                self._opened = None
            return self._loop

    async def _do(self, work: Callable[[T], Awaitable[R]]) -> R:
        return await work(await self._open())

    async def _open(self) -> T:
        opened = self._opened
        if opened is None:
            opened = self._opened = asyncio.ensure_future(self._opening())
        try:
            return await asyncio.shield(opened)
        except HitlError:
            if self._opened is opened:  # such as a database that is down: the next request tries again
                self._opened = None
            raise

    def forget(self) -> None:
        """Have it opened anew by whoever comes next; for whoever closed it."""
        self._opened = None


def _loop_on_thread() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="openhitl-service", daemon=True).start()
    return loop


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _current_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _server_loop() -> asyncio.AbstractEventLoop | None:
    """Return the loop of the ASGI server on one of whose worker threads this is; None elsewhere."""
    running = _running_loop()
    if running is not None:
        return running
    try:
        return anyio.from_thread.run(_current_loop)
    except RuntimeError:
        return None
