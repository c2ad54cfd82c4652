"""A casebook on a real store, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from openhitl.cases import Casebook
from openhitl.cases.creation import Creation
from openhitl.keyring import Keyring
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.evidence import Provider
from openhitl.settings import Settings
from openhitl.store import Store

SECRET = "c1" * 32
LINK = Actor(kind=ActorKind.LINK, id="link:test", surface="page")


class MovableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@asynccontextmanager
async def opened(
    database_url: str,
    clock: MovableClock,
    folder: Path,
    providers: Callable[[Store], Sequence[Provider]] = lambda store: (),
) -> AsyncIterator[Casebook]:
    """Open a casebook; open it again on the same database for what a restart does."""
    settings = Settings(data_dir=folder, database_url=database_url, secret_key=SECRET, agent_rate=0)
    keyring = Keyring(bytes.fromhex(SECRET))
    store = Store.open(database_url, keyring)
    book = Casebook(store, keyring, settings, providers=providers(store), clock=clock, wall=clock.seconds)
    try:
        yield book
    finally:
        await book.close()


async def ask(book: Casebook, **body: Any) -> str:
    """Make a case and return its id."""
    service = Actor(kind=ActorKind.SERVICE, id="service:1", name="Test service")
    creation = Creation(actor=service, agent_id=None)
    given = {"type": "confirmation", "prompt": "Go on?", **body}
    return (await book.create(given, creation))["hitl"]["case_id"]
