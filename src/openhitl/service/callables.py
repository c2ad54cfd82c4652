"""Calling what the service's own code has given: async functions, and such as may block."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def called(
    threads: ThreadPoolExecutor,
    function: Callable[P, R | Awaitable[R]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Call a function and return its result: an async one here, any other on a thread, since it may block."""
    if inspect.iscoroutinefunction(function):
        awaited: R = await function(*args, **kwargs)
        return awaited
    context = contextvars.copy_context()
    result = await asyncio.get_running_loop().run_in_executor(
        threads, lambda: context.run(function, *args, **kwargs)
    )
    return await result if inspect.isawaitable(result) else result
