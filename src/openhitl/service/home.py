"""Where the cases of a service live: one event loop per process, entered at the first request."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio.from_thread

from openhitl.errors import SetupError

T = TypeVar("T")
R = TypeVar("R")


class Home(Generic[T]):
    """Opens something once on one event loop, and has work done with it there, from wherever it is asked.

    The loop is that of the first request; where requests have none, as under WSGI, one on a thread. When
    the loop has ended it is opened anew, and so it is after a fork: what was open before the fork cannot
    be used in the child, since SQLite would mistake the locks of both processes for one's.

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
        """Do work there and return its result. Raises: SetupError after a fork."""
        running = asyncio.get_running_loop()
        loop = self.choose(running)
        if loop is running:
            return await self._do(work)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._do(work), loop))

    def run_sync(self, work: Callable[[T], Awaitable[R]]) -> R:
        """Do work there from code that is not async. Raises: SetupError on the loop itself, after a fork."""
        loop = self.choose(_server_loop())
        if loop is _running_loop():
            raise SetupError("This would wait for itself: use the async method in async code.")
        future = asyncio.run_coroutine_threadsafe(self._do(work), loop)
        try:
            return future.result()
        finally:
            future.cancel()  # whoever was interrupted waits no longer

    def choose(self, running: asyncio.AbstractEventLoop | None) -> asyncio.AbstractEventLoop:
        """Return the loop, chosen now if need be: `running`, or one on a thread. Raises: SetupError."""
        with self._choosing:
            loop = self._loop
            if loop is not None and self._process != os.getpid():
                if self._opened is not None and not loop.is_closed():
                    raise SetupError(
                        "The cases were open when this process was forked: ask nothing before that."
                    )
                loop = None
            if loop is None or not loop.is_running():
                loop = _loop_on_thread() if self.on_thread or running is None else running
                self._loop, self._process, self._opened = loop, os.getpid(), None
            return loop

    async def _do(self, work: Callable[[T], Awaitable[R]]) -> R:
        return await work(await self._open())

    async def _open(self) -> T:
        if self._opened is None or _failed(self._opened):  # such as a database that was down
            self._opened = asyncio.ensure_future(self._opening())
        return await asyncio.shield(self._opened)

    def forget(self) -> None:
        """Have it opened anew by whoever comes next; for whoever closed it."""
        self._opened = None


def _failed(opened: asyncio.Future[T]) -> bool:
    return opened.done() and (opened.cancelled() or opened.exception() is not None)


def _loop_on_thread() -> asyncio.AbstractEventLoop:
    loop, running = asyncio.new_event_loop(), threading.Event()
    loop.call_soon(running.set)
    threading.Thread(target=loop.run_forever, name="openhitl-service", daemon=True).start()
    running.wait()
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
