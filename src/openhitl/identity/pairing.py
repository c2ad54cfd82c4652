"""Pairing: a device comes in by a code from a screen that is in, and by a number that it shows itself.

The code says which screen, the number which device: whoever has seen the code, and claims with another
device, shows another number.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from openhitl.errors import InvalidToken, NotFound, PairingDenied, PairingOver, WrongNumber
from openhitl.identity.rates import RateLimits
from openhitl.identity.sessions import Begun, SessionDesk, actor_of
from openhitl.keyring import Keyring
from openhitl.protocol.audit import ANYBODY
from openhitl.protocol.case import Actor
from openhitl.protocol.devices import NUMBERS, NewDevice, Pairing, PairingState
from openhitl.protocol.people import SURFACES, Method, Person, SignedIn
from openhitl.protocol.record import record
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.protocol.user_codes import LENGTH, LETTERS, code_from_numbers, read_code
from openhitl.store import Store
from openhitl.store.pairings import NewClaim
from openhitl.store.runner import Runner

PATH = "/pair"
LIFE = timedelta(minutes=10)
#: How often one person may begin, and one place may claim: so many at once, then one in so long.
BEGINS = 10
CLAIMS = 10
EVERY = timedelta(minutes=1)


@record(frozen=True, slots=True)
class Shown:
    """What the first screen shows: the code, and the address that the new device opens with it."""

    pairing_id: int
    code: str
    url: str
    expires_at: datetime


@record(frozen=True, slots=True)
class Claimed:
    """What a device gets that claims: the token to come back with, the number to show, whose it may be."""

    token: str
    number: int
    person: Person
    expires_at: datetime


class PairingDesk:
    """Lets devices in.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        sessions: SessionDesk,
        public_url: str,
        *,
        run: Runner,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._sessions = sessions
        self._public_url = public_url
        self._run = run
        self._clock = clock
        self._limits = RateLimits(store, run=run, clock=clock)

    # -- on the first screen

    async def begin(self, signed_in: SignedIn) -> Shown:
        """Make a code for a device of somebody's own. Raises: RateLimited."""
        person, session = signed_in.person, signed_in.session
        await self._limits.take(f"pairings of {person.person_id}", every=EVERY, burst=BEGINS)
        return await self._run(
            make_pairing,
            self._store,
            self._keyring,
            self._public_url,
            person,
            session_id=session.session_id,
            by=actor_of(signed_in),
            now=self._clock(),
        )

    async def look(self, signed_in: SignedIn, pairing_id: int) -> Pairing:
        """Say how far a pairing is that was begun here. Raises: NotFound for every other."""
        found = await self._run(self._store.pairing, pairing_id, self._clock())
        if found is None or found.session_id != signed_in.session.session_id:
            raise NotFound
        return found

    async def allow(self, signed_in: SignedIn, pairing_id: int, typed: str) -> Pairing:
        """Let the device in that shows a number; three wrong ones end the pairing.

        Raises: NotFound, PairingOver, WrongNumber, DeviceKeyTaken, TooManyDevices.
        """
        await self.look(signed_in, pairing_id)
        by, now = actor_of(signed_in), self._clock()
        return await self._run(allow, self._store, pairing_id, typed, by=by, now=now)

    async def deny(self, signed_in: SignedIn, pairing_id: int) -> None:
        """Let nobody in by a pairing. Raises: NotFound, PairingOver if that is decided."""
        await self.look(signed_in, pairing_id)
        by, now = actor_of(signed_in), self._clock()
        if not await self._run(self._store.deny_pairing, pairing_id, by=by, now=now):
            raise PairingOver

    # -- on the new device

    async def claim(self, typed: str, device: NewDevice, place: str) -> Claimed:
        """Claim the pairing of a code; only the first who does gets it.

        Raises: NotFound for a code that is not shown, too old or claimed; DeviceKeyTaken, RateLimited.
        """
        await self._limits.take(f"claims from {place}", every=EVERY, burst=CLAIMS)
        code = read_code(typed)
        if code is None:
            raise NotFound
        token = token_from_bytes(Purpose.CLAIM, os.urandom(32))
        number = secrets.choice(NUMBERS)
        claim = NewClaim(hash=hash_token(token), device=device, place=place, number=number)
        by = replace(ANYBODY, surface=SURFACES[device.kind])
        found = await self._run(
            self._store.claim_pairing, code_hash(self._keyring, code), claim, by=by, now=self._clock()
        )
        person = await self._run(self._store.person, found.person_id) if found else None
        if found is None or person is None:
            raise NotFound
        return Claimed(token, number, person, found.expires_at)

    async def enter(self, token: str | None) -> Begun | None:
        """Sign the device in that has claimed, once; None while nobody has decided.

        Raises: InvalidToken, PairingDenied, PairingOver.
        """
        claim_hash = checked_hash(Purpose.CLAIM, token)
        found = await self._run(self._store.claimed_pairing, claim_hash, self._clock())
        if found is None or found.device is None:
            raise InvalidToken
        if found.state is PairingState.CLAIMED:
            return None
        if found.state is PairingState.DENIED:
            raise PairingDenied
        fresh, new = self._sessions.draw(found.device.kind, Method.PAIRING, found.device.name)
        signed_in = await self._run(self._store.sign_in_by_pairing, claim_hash, new, now=self._clock())
        if signed_in is None:
            raise PairingOver
        return Begun(signed_in, fresh)


def make_pairing(
    store: Store,
    keyring: Keyring,
    public_url: str,
    person: Person,
    *,
    by: Actor,
    now: datetime,
    session_id: int | None = None,
) -> Shown:
    """Make a code with which a device of somebody's comes in. Raises: StoreError."""
    code = code_from_numbers([secrets.randbelow(len(LETTERS)) for _ in range(LENGTH)])
    until = now + LIFE
    pairing_id = store.add_pairing(
        code_hash(keyring, code), person.person_id, session_id=session_id, by=by, now=now, until=until
    )
    return Shown(pairing_id, code, f"{public_url}{PATH}?{urlencode({'code': code})}", until)


def allow(store: Store, pairing_id: int, typed: str, *, by: Actor, now: datetime) -> Pairing:
    """Let the device in that shows a number. Raises: as `PairingDesk.allow`, but for NotFound."""
    digits = "".join(typed.split())
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) == 2 else -1
    found = store.allow_pairing(pairing_id, number, by=by, now=now)
    if found is None or found.state is PairingState.EXPIRED:
        raise PairingOver
    if found.state is not PairingState.ALLOWED:
        raise WrongNumber(is_over=found.state is PairingState.DENIED)
    return found


def code_hash(keyring: Keyring, code: str) -> bytes:
    """Hash a code for the store: there are too few for a plain hash to hide one."""
    return keyring.blind(code.encode(), bound_to="pairing code").encode()
