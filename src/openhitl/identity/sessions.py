"""Sessions: who is signed in, by a random token of which only the hash is stored."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from openhitl.errors import InvalidToken, NotFound
from openhitl.keyring import Keyring
from openhitl.protocol.case import Actor
from openhitl.protocol.people import Method, Person, Session, SessionKind, SignedIn, person_actor
from openhitl.protocol.record import record
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.protocol.visible import one_line
from openhitl.store import Store
from openhitl.store.runner import Runner
from openhitl.store.sessions import NewSession

LIVES = {SessionKind.BROWSER: timedelta(days=30), SessionKind.TERMINAL: timedelta(days=90)}
PURPOSES = {SessionKind.BROWSER: Purpose.SESSION, SessionKind.TERMINAL: Purpose.PERSON}
#: How often it is noted that somebody was here.
SEEN_EVERY = timedelta(minutes=5)
MAX_DEVICE_CHARACTERS = 200
#: 96 bits: enough for the few people of a browser.
MARK_CHARACTERS = 16


@record(frozen=True, slots=True)
class Begun:
    """A session that has just begun, and its token, which is not said again."""

    signed_in: SignedIn
    token: str


class SessionDesk:
    """Begins, finds and ends sessions.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, keyring: Keyring, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._keyring = keyring
        self._run = run
        self._clock = clock

    def draw(self, kind: SessionKind, method: Method, device: str) -> tuple[str, NewSession]:
        """Draw a token, and say what is to be stored of its session."""
        token = token_from_bytes(PURPOSES[kind], os.urandom(32))
        session = NewSession(
            kind=kind,
            hash=hash_token(token),
            method=method,
            device=one_line(device)[:MAX_DEVICE_CHARACTERS] or "unknown",
            expires_at=self._clock() + LIVES[kind],
        )
        return token, session

    async def find(self, kind: SessionKind, token: str | None) -> SignedIn | None:
        """Return who is signed in with a token of this kind; None for any other."""
        try:
            token_hash = checked_hash(PURPOSES[kind], token)
        except InvalidToken:
            return None
        now = self._clock()
        found = await self._run(self._store.session, token_hash, now)
        if found is None or found.session.kind is not kind:
            return None
        if now - found.session.seen_at >= SEEN_EVERY:
            await self._run(self._store.session_seen, found.session.session_id, now)
            return replace(found, session=replace(found.session, seen_at=now))
        return found

    def form_token(self, token: str) -> str:
        """Derive what the forms of this session carry."""
        return self._keyring.form_token(hash_token(token))

    def mark(self, person: Person) -> str:
        """Derive what tells somebody from the other people of a browser, in whichever session."""
        return self._keyring.blind(person.actor_id.encode(), bound_to="mark of a browser")[:MARK_CHARACTERS]

    async def of(self, signed_in: SignedIn) -> Sequence[Session]:
        """List where somebody is signed in, latest first."""
        return await self._run(self._store.sessions_of, signed_in.person.person_id, self._clock())

    async def end(self, signed_in: SignedIn, session_id: int | None = None) -> None:
        """Sign out, here or elsewhere; what is signed in there is their device no more.

        Raises: NotFound if that session is not one of theirs.
        """
        ended = await self._run(
            self._store.end_sessions,
            signed_in.person.person_id,
            by=actor_of(signed_in),
            now=self._clock(),
            only=signed_in.session.session_id if session_id is None else session_id,
            with_devices=True,
        )
        if not ended:
            raise NotFound

    async def end_others(self, signed_in: SignedIn) -> None:
        """Sign out everywhere but here."""
        await self._run(
            self._store.end_sessions,
            signed_in.person.person_id,
            by=actor_of(signed_in),
            now=self._clock(),
            but=signed_in.session.session_id,
            with_devices=True,
        )

    async def give_way(self, before: SignedIn, after: SignedIn) -> None:
        """End a session for one that takes its place, in the same browser; a device of theirs stays one."""
        await self._run(self._store.move_device, before.session.session_id, after.session.session_id)
        with suppress(NotFound):  # ended elsewhere meanwhile
            await self.end(before)


def actor_of(signed_in: SignedIn) -> Actor:
    """Say who acts where somebody is signed in."""
    person = signed_in.person
    return person_actor(person.person_id, person.name, signed_in.session.kind)
