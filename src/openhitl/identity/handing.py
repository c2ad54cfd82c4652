"""What devices of one person hand to each other: the keys of cases from before one of them came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from openhitl.identity.rates import RateLimits
from openhitl.protocol.base64url import encode
from openhitl.protocol.compact import compact
from openhitl.protocol.people import Person, SignedIn
from openhitl.protocol.problems import invalid, object_of, text_of
from openhitl.protocol.sealed.carried import read_handed_outside
from openhitl.protocol.sealed.handed import MAX_AT_ONCE
from openhitl.protocol.sealed.head import MAX_ID_CHARACTERS, Direction
from openhitl.store import Store
from openhitl.store.handed_keys import NewHandedKey
from openhitl.store.runner import Runner

#: What the key of a case may open: drafts are for devices that may answer.
DIRECTIONS = (Direction.REQUEST, Direction.ANSWER)
#: How often one person's devices may hand over: so many requests at once, then one in so long.
HANDS = 120
EVERY = timedelta(seconds=1)


class HandingDesk:
    """Keeps and forwards handed keys. It opens none of them.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._limits = RateLimits(store, run=run, clock=clock)

    async def lacking(self, person: Person, box: str, *, before: str | None, limit: int) -> Sequence[str]:
        """Name cases that somebody's device `box` may read and another one of theirs may not yet."""
        return await self._run(self._store.unhanded, person.person_id, box, before=before, limit=limit)

    async def keep(self, signed_in: SignedIn, raw: object) -> int:
        """Keep keys that the device where somebody is signed in hands over; return how many were kept.

        Raises: InvalidRequest for what is none, or too many; DeviceUnproven for keys of another device;
            RateLimited.
        """
        session = signed_in.session
        await self._limits.take(f"handed keys of {session.person_id}", every=EVERY, burst=HANDS)
        if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_AT_ONCE:
            invalid("keys", f"must be a list of 1 to {MAX_AT_ONCE}")
        keys = [_read(one, f"keys[{index}]") for index, one in enumerate(raw)]
        return await self._run(
            self._store.hand_over, session.person_id, session.session_id, keys, now=self._clock()
        )

    async def of(self, person: Person, case_id: str, box: str) -> Sequence[tuple[str, str]]:
        """Return what somebody's device `box` was handed of a case: directions and envelopes, as JSON."""
        return await self._run(self._store.handed_keys, person.person_id, case_id, box)


def _read(raw: Any, path: str) -> NewHandedKey:
    given = object_of(raw, path)
    case_id = text_of(given.get("case_id"), f"{path}.case_id", most=MAX_ID_CHARACTERS)
    direction = given.get("direction")
    if direction not in DIRECTIONS:
        invalid(f"{path}.direction", "must be request or answer")
    envelope = read_handed_outside(given.get("envelope"), f"{path}.envelope")
    [recipient] = envelope.recipients
    return NewHandedKey(
        case_id=case_id,
        direction=Direction(direction),
        sender=encode(envelope.sender),
        recipient=encode(recipient),
        body=compact(envelope.to_json()).decode(),
    )
