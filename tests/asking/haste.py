"""Servers whose calls do not wait for long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openhitl.asking.pace import Pace
from openhitl.protocol.case import ActorKind
from openhitl.review.room import Room
from openhitl.server.app import Server
from openhitl.server.local import new_key
from openhitl.server.serving import bind, uvicorn_for
from openhitl.settings import Settings
from tests.asking.clients import BOUND_SECONDS, Human

#: Many beats, and no patience: what a minute shows otherwise is shown at once.
HASTY = Pace(beat_seconds=0.02, answer_seconds=0.05)


@dataclass(frozen=True)
class Served:
    """A server, an agent's key, and the human whom that agent asks."""

    url: str
    settings: Settings
    key: str
    human: Human

    def another_agent(self, name: str = "mallory") -> str:
        """Make a key of another agent."""
        return new_key(self.settings, name, ActorKind.AGENT)


@contextmanager
def served(data_dir: Path, room: Room | None = None) -> Iterator[Served]:
    """Serve in haste for as long as this is entered."""
    listener, settings = bind(Settings(data_dir=data_dir, port=0, agent_rate=0))
    uvicorn = uvicorn_for(Server(settings, pace=HASTY, room=room))
    started = threading.Event()
    uvicorn.on_started = started.set
    thread = threading.Thread(target=uvicorn.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(BOUND_SECONDS)
        key = new_key(settings, "alice's agent", ActorKind.AGENT)
        yield Served(settings.public_url, settings, key, Human(settings.public_url, key))
    finally:
        uvicorn.should_exit = True
        thread.join()
