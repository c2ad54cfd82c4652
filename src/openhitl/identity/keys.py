"""API keys: whose they are, and making them."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable

from openhitl.errors import InvalidToken
from openhitl.protocol.case import Actor, ActorKind, Assurance
from openhitl.protocol.record import record
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.store.records import KeyRow

#: How long a key may still be taken for good after another process has revoked it.
TRUST_SECONDS = 2.0
CAPACITY = 10_000
_PURPOSES = {ActorKind.AGENT: Purpose.AGENT, ActorKind.SERVICE: Purpose.SERVICE}


@record(frozen=True, slots=True)
class Asker:
    """An agent or service whose credential was presented. `scopes` are what it was made for.

    `assurance` is the least that its owners want of its cases, None for the usual; `granted_by` the person,
    by number, who allowed the program that presents it, None for a key.
    """

    agent_id: int
    name: str
    kind: ActorKind
    scopes: frozenset[Scope] = ALL_SCOPES
    assurance: Assurance | None = None
    granted_by: int | None = None

    @property
    def actor(self) -> Actor:
        return Actor(kind=self.kind, id=f"{self.kind}:{self.agent_id}", surface="api", name=self.name)


class ApiKeys:
    """Verifies keys, remembering good ones for a moment.

    Args:
        find: reads a key that is not revoked by its hash.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        find: Callable[[bytes], Awaitable[KeyRow | None]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._monotonic = monotonic
        self._known: dict[bytes, tuple[Asker, float]] = {}

    def remembered(self, key: str) -> Asker | None:
        """Return whose key this is if it was verified a moment ago. Raises: InvalidToken for its form."""
        known = self._known.get(_hash(key))
        return known[0] if known and known[1] > self._monotonic() else None

    async def verify(self, key: str) -> Asker:
        """Return whose key this is.

        Raises: InvalidToken for an unknown, revoked or malformed key, or a token of another purpose.
        """
        asker = self.remembered(key)
        if asker is None:
            key_hash = _hash(key)
            row = await self._find(key_hash)
            if row is None:
                self._known.pop(key_hash, None)
                raise InvalidToken
            asker = Asker(
                agent_id=row.agent_id,
                name=row.agent_name,
                kind=row.kind,
                scopes=row.scopes,
                assurance=row.assurance,
            )
            if len(self._known) >= CAPACITY:
                self._known.clear()
            self._known[key_hash] = (asker, self._monotonic() + TRUST_SECONDS)
        return asker


def _hash(key: str) -> bytes:
    purpose = Purpose.SERVICE if key.startswith(Purpose.SERVICE.value) else Purpose.AGENT
    return checked_hash(purpose, key)


def draw_key(kind: ActorKind) -> tuple[str, bytes]:
    """Draw a key for an agent or a service; return it and the hash to store."""
    key = token_from_bytes(_PURPOSES[kind], os.urandom(32))
    return key, hash_token(key)
