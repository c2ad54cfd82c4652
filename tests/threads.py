"""Threads for code under test that waits: a test that fails does not wait for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


async def on_thread(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function on a thread of its own, which ends with the process if not before."""
    done: Future[Any] = Future()

    def call() -> None:
        try:
            done.set_result(function(*arguments, **named))
        except BaseException as error:  # it is raised where the result is awaited
            done.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    return await asyncio.shield(asyncio.wrap_future(done))
