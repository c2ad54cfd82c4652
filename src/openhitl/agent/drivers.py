"""Performs the steps of a wait: one driver for async code, one for code that is not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from openhitl.agent.bells import Bell
from openhitl.agent.steps import Keep, Listen, Note, Pause, Read, Send, Step, Steps, Tell
from openhitl.agent.telling import Teller, tell, tell_blocking
from openhitl.agent.updates import Update
from openhitl.client.wires import WHOLE_SECONDS, BlockingWire, Wire, send
from openhitl.errors import PeerError

T = TypeVar("T")


class GaveUp(Exception):
    """Somebody did not want to wait any longer. Not a TimeoutError: those mean connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What surrounds a wait, beside its wire."""

    tell: Teller | None
    on_update: Callable[[Update], None] | None
    bell: Bell
    keep: Callable[[], None]

    def note(self, update: Update) -> None:
        """Pass an update on."""
        if self.on_update is not None:
            self.on_update(update)


class Driver:
    """Performs steps on an event loop."""

    def __init__(self, wire: Wire, around: Around) -> None:
        self._wire = wire
        self._around = around
        self._chunks: AsyncIterator[bytes] | None = None

    async def run(self, steps: Steps[T]) -> T:
        """Perform all steps; return what they return, or raise what they raise."""
        async with AsyncExitStack() as stream:
            try:
                step = next(steps)
                while True:
                    try:
                        given = await self._perform(step, stream)
                    except PeerError as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(given)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            finally:
                steps.close()

    async def _perform(self, step: Step, stream: AsyncExitStack) -> Any:
        if isinstance(step, Send | Listen | Pause):
            await stream.aclose()
        match step:
            case Send(request):
                return await self._wire.send(request)
            case Listen(request, silence_seconds):
                opening = self._wire.stream(request, silence_seconds=silence_seconds)
                opened = await stream.enter_async_context(opening)
                self._chunks = opened.chunks
                return opened.head
            case Read():
                assert self._chunks is not None
                return await anext(self._chunks, None)
            case Pause(seconds):
                await self._around.bell.pause_async(seconds)
            case Tell(case):
                await tell(self._around.tell, case)
            case Note(update):
                self._around.note(update)
            case Keep():
                self._around.keep()
        return None


class BlockingDriver:
    """Performs steps on the thread that calls it."""

    def __init__(self, wire: BlockingWire, around: Around) -> None:
        self._wire = wire
        self._around = around
        self._chunks: Iterator[bytes] | None = None

    def run(self, steps: Steps[T], *, give_up_after: timedelta | None = None) -> T:
        """Perform all steps; return what they return, or raise what they raise.

        Raises: GaveUp after `give_up_after`, at the next step: a read that has begun ends first, unless
        it is of a poll.
        """
        limit = _Limit(give_up_after)
        with ExitStack() as stream:
            try:
                step = next(steps)
                while True:
                    limit.check()
                    try:
                        given = self._perform(step, stream, limit)
                    except PeerError as error:
                        step = steps.throw(error)
                    else:
                        step = steps.send(given)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            finally:
                steps.close()

    def _perform(self, step: Step, stream: ExitStack, limit: _Limit) -> Any:
        if isinstance(step, Send | Listen | Pause):
            stream.close()
        match step:
            case Send(request):
                return send(self._wire, request, within_seconds=limit.cut(WHOLE_SECONDS))
            case Listen(request, silence_seconds):
                opening = self._wire.stream(request, silence_seconds=limit.cut(silence_seconds))
                opened = stream.enter_context(opening)
                self._chunks = opened.chunks
                return opened.head
            case Read():
                assert self._chunks is not None
                return next(self._chunks, None)
            case Pause(seconds):
                self._around.bell.pause(limit.cut(seconds))
            case Tell(case):
                tell_blocking(self._around.tell, case)
            case Note(update):
                self._around.note(update)
            case Keep():
                self._around.keep()
        return None


class _Limit:
    """How long somebody is willing to wait."""

    def __init__(self, wait: timedelta | None) -> None:
        self._end = None if wait is None else time.monotonic() + wait.total_seconds()

    def check(self) -> None:
        """Raises: GaveUp once the time is over."""
        if self._end is not None and time.monotonic() >= self._end:
            raise GaveUp

    def cut(self, seconds: float) -> float:
        """Return no more than what is left, and never nothing."""
        if self._end is None:
            return seconds
        return max(min(seconds, self._end - time.monotonic()), 0.01)
