"""A bell that a callback rings and a wait hears, whichever thread or event loop either is on."""

from __future__ import annotations

import asyncio
import threading


class Bell:
    """Rung, it ends the pause of the one wait that hears it, or the next one."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._sleeper: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    @property
    def is_rung(self) -> bool:
        """True from the ring to the end of the pause that hears it."""
        return self._rung.is_set()

    def ring(self) -> None:
        """End the pause. Safe from any thread."""
        with self._lock:
            self._rung.set()
            if self._sleeper is not None:
                loop, awake = self._sleeper
                loop.call_soon_threadsafe(awake.set)

    def pause(self, seconds: float) -> None:
        """Let time pass, or less if the bell rings."""
        self._rung.wait(seconds)
        self._rung.clear()

    async def pause_async(self, seconds: float) -> None:
        """Let time pass, or less if the bell rings, on the running event loop."""
        awake = asyncio.Event()
        with self._lock:
            if self._rung.is_set():
                awake.set()
            self._sleeper = (asyncio.get_running_loop(), awake)
        try:
            async with asyncio.timeout(seconds):
                await awake.wait()
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._sleeper = None
                self._rung.clear()
