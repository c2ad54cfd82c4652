"""An event loop whose time passes only when there is nothing else to do: waiting costs no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")
#: A test that waits longer than this for nothing has found a bug.
BOUND_SECONDS = 3_600.0


class _Skipping(selectors.DefaultSelector):
    """Does not wait: what it should have waited is added to `skipped`."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    """Its clock starts at 0 and jumps to the next timer. For work that waits for nothing but timers."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped

    def hold_up(self, seconds: float) -> None:
        """Let time pass as if something had kept the loop busy."""
        self._skipping.skipped += seconds


def run_skipping(work: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end on such a loop."""

    async def bounded() -> R:
        async with asyncio.timeout(BOUND_SECONDS):
            return await work

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(bounded())
