"""A person at the inbox that fills the terminal: keys pressed, words waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from openhitl.person.screen.app import InboxApp
from tests.people import SignedInClient
from tests.person.desks import Desk
from tests.person.screens import has_words, screen_text

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Seat:
    """Somebody at the inbox."""

    app: App[None]
    pilot: Pilot[None]

    @property
    def text(self) -> str:
        return screen_text(self.app)

    async def sees(self, *words: str) -> None:
        """Wait until all these words stand on the screen."""
        await self.waits(lambda: all(has_words(self.app, one) for one in words), str(words))

    async def misses(self, words: str) -> None:
        """Wait until these words stand on the screen no more."""
        await self.waits(lambda: not has_words(self.app, words), f"no {words!r}")

    async def waits(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not is_so():
                    await self.pilot.pause()
        except TimeoutError:
            raise AssertionError(f"{what} never came:\n{self.text}") from None

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text into what has the focus."""
        await self.press(*("space" if letter == " " else letter for letter in text))


@asynccontextmanager
async def seated(
    desk: Desk,
    home: Path,
    who: SignedInClient,
    *,
    size: tuple[int, int] = (120, 40),
    now: datetime | None = None,
) -> AsyncIterator[Seat]:
    """Open the inbox of somebody; what stands on the screen shall be of the instant `now`."""
    app = InboxApp(desk.config(home, who), now=lambda: now or datetime.now(UTC))
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            yield Seat(app, pilot)
        finally:
            # As whoever quits does; a test's app would take its screen down first.
            app.workers.cancel_all()


def noon_of(instant: datetime) -> datetime:
    """Return an instant in a zone where it is noon, so that what is said of it is always the same."""
    of_day = timedelta(hours=instant.hour, minutes=instant.minute, seconds=instant.second)
    offset = timedelta(hours=12) - of_day
    return instant.replace(microsecond=0).astimezone(timezone(offset, "here"))
