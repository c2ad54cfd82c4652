"""People, keys and messages to attack, drawn from seeded chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from openhitl.protocol.sealed.envelope import Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
CASE_ID = "review_0001abcd"
BODY = {"prompt": "Deploy to production?", "type": "approval", "context": {"größe": 1.5}}
TRIES = range(1000)


def keys(chance: Random) -> Keys:
    return Keys(chance.randbytes(32))


def head(**more: Any) -> Head:
    given = {"case_id": CASE_ID, "direction": Direction.REQUEST, "expires_at": NOW + timedelta(hours=1)}
    return Head(**{**given, **more})


@dataclass
class Scene:
    """An agent that writes to three devices."""

    chance: Random
    agent: Keys
    devices: list[Keys]

    @classmethod
    def drawn(cls, seed: int) -> Scene:
        chance = Random(seed)
        return cls(chance, keys(chance), [keys(chance) for _ in range(3)])

    def seal(self, body: Any = None, **more: Any) -> Any:
        given = {
            "sender": self.agent,
            "recipients": [device.public for device in self.devices],
            "ephemeral": keys(self.chance),
            "content_key": self.chance.randbytes(32),
            "head": head(),
        }
        given = {**given, **more}
        return seal_envelope(given.pop("head"), BODY if body is None else body, **given)

    def open(self, envelope: Any, device: Keys | None = None, **more: Any) -> Opened:
        given = {
            "senders": {self.agent.public},
            "case_id": CASE_ID,
            "direction": Direction.REQUEST,
        }
        return open_envelope(envelope, device or self.devices[0], **{**given, **more})
