"""Ways in: a passkey, a password with or without a code, a link that is good once; and joining."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from webauthn import verify_authentication_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException

from openhitl.errors import InvalidToken, NotSignedIn, VerificationFailed
from openhitl.identity.passkeys import registration_options, verified_passkey
from openhitl.identity.passwords import hash_password, verify_password
from openhitl.identity.rates import RateLimits
from openhitl.identity.sessions import Begun, SessionDesk
from openhitl.identity.totp import step_of
from openhitl.keyring import Keyring
from openhitl.protocol.base64url import decode
from openhitl.protocol.case import Json
from openhitl.protocol.passkeys import CEREMONY_MS, RelyingParty
from openhitl.protocol.people import (
    LinkKind,
    Method,
    OneTimeLink,
    Person,
    Role,
    SessionKind,
    checked_name,
    name_key,
)
from openhitl.protocol.record import record
from openhitl.protocol.tokens import Purpose, checked_hash
from openhitl.store import Store
from openhitl.store.challenges import Challenges
from openhitl.store.people import NewPerson
from openhitl.store.runner import Runner

#: What a challenge for signing in is for.
SUBJECT = "sign-in"
CHALLENGE_LIFE = timedelta(minutes=5)
LINK_PURPOSES = {LinkKind.JOIN: Purpose.JOIN_LINK, LinkKind.SIGN_IN: Purpose.SIGN_IN_LINK}
#: How often one name, and one address, may try: so many at once, then one in so long.
TRIES = 10
EVERY = timedelta(seconds=30)
#: Nobody guesses a passkey, so that whoever guesses passwords beside them keeps no one from theirs.
PASSKEY_TRIES = 60
PASSKEY_EVERY = timedelta(seconds=1)
#: Of a number that any database takes.
MAX_DIGITS = 18
WRONG_CODE = "That is not the present code."


@record(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where somebody wants to be signed in. `place` is the address they come from."""

    kind: SessionKind = SessionKind.BROWSER
    device: str = ""
    place: str = ""


class SignIn:
    """Lets people in.

    Args:
        public_url: what people see; passkeys are for its host.
        on_join: is called when somebody has made an account.
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
        on_join: Callable[[], None],
    ) -> None:
        self._on_join = on_join
        self._store = store
        self._keyring = keyring
        self._sessions = sessions
        self._party = RelyingParty.of(public_url)
        self._challenges = Challenges(keyring)
        self._limits = RateLimits(store, run=run, clock=clock)
        self._run = run
        self._clock = clock

    @property
    def has_passkeys(self) -> bool:
        """Whether browsers make passkeys for this host."""
        return self._party.has_name

    async def by_password(self, name: str, password: str, visit: Visit) -> Begun:
        """Sign in with a name and a password.

        Raises: NotSignedIn, the same whatever was wrong; to whom has the password of somebody who is asked
        for codes too, its `code_required` says so and its `ticket` is for `by_code`. RateLimited.
        """
        await self.check_rate(name, visit.place)
        known = await self._run(self._store.password_of, name)
        person, known_hash = known or (None, None)
        if not await self._run(verify_password, known_hash, password) or person is None or known_hash is None:
            raise await self._refused(name, Method.PASSWORD, visit)
        if not person.has_totp:
            return await self._begun(person, Method.PASSWORD, visit, password_hash=known_hash)
        ticket = f"{person.person_id}.{self._challenges.issue(_code_of(person, known_hash), self._clock())}"
        raise NotSignedIn("A code of your app is needed too.", code_required=True, ticket=ticket)

    async def by_code(self, ticket: str, code: str, visit: Visit) -> Begun:
        """Sign in with a code, after the password that `ticket` was given for, within five minutes.

        Raises: NotSignedIn, whose `code_required` says that another code will do; RateLimited.
        """
        person, known_hash = await self._ticket_holder(ticket)
        await self.check_rate(person.name, visit.place)
        if await self.is_code(person, code):
            return await self._begun(person, Method.PASSWORD_AND_CODE, visit, password_hash=known_hash)
        await self._refused(person.name, Method.PASSWORD_AND_CODE, visit)
        raise NotSignedIn(WRONG_CODE, code_required=True, ticket=ticket, errors=[wrong_code()])

    async def _ticket_holder(self, ticket: str) -> tuple[Person, str]:
        """Say who has shown which password. Raises: NotSignedIn, also if it was replaced since."""
        number, _, challenge = ticket.partition(".")
        is_number = number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS
        person = await self._run(self._store.person, int(number)) if is_number else None
        known = await self._run(self._store.password_of, person.name) if person else None
        if known is None:
            raise NotSignedIn
        try:
            issued_at = self._challenges.issued_at(challenge, _code_of(*known))
        except VerificationFailed as error:
            raise NotSignedIn from error
        if self._clock() - issued_at > CHALLENGE_LIFE:
            raise NotSignedIn
        return known

    async def is_code(self, person: Person, code: str) -> bool:
        """Tell whether this is a code of somebody's app, which it is then no more."""
        sealed = await self._run(self._store.sealed_totp, person.person_id)
        if sealed is None:
            return False
        secret = self._keyring.unseal(sealed, bound_to=totp_row(person.person_id)).decode()
        step = step_of(secret, code, self._clock())
        return step is not None and await self._run(self._store.use_totp, person.person_id, step)

    def passkey_options(self) -> Json:
        """Spell the options of `navigator.credentials.get`, for any passkey of this host."""
        return {
            "challenge": self._challenges.issue(SUBJECT, self._clock()),
            "rpId": self._party.rp_id,
            "userVerification": "required",
            "timeout": CEREMONY_MS,
        }

    async def by_passkey(self, challenge: str, credential: Json, visit: Visit) -> Begun:
        """Sign in with what a passkey has signed. W3C Web Authentication Level 3 §7.2.

        Raises: NotSignedIn, RateLimited.
        """
        if visit.place:
            await self._take(f"passkey from {visit.place}", every=PASSKEY_EVERY, burst=PASSKEY_TRIES)
        now = self._clock()
        try:
            issued_at = self._challenges.issued_at(challenge, SUBJECT)
            passkey = await self._run(self._store.find_passkey, _credential_id(credential))
        except VerificationFailed as error:
            raise await self._refused("", Method.PASSKEY, visit) from error
        if passkey is None or passkey.person_id is None or now - issued_at > CHALLENGE_LIFE:
            raise await self._refused("", Method.PASSKEY, visit)
        try:
            verified = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=decode(challenge),
                expected_rp_id=self._party.rp_id,
                expected_origin=self._party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError) as error:
            raise await self._refused(passkey.name, Method.PASSKEY, visit) from error
        token, new = self._sessions.draw(visit.kind, Method.PASSKEY, visit.device)
        signed_in = await self._run(
            self._store.add_session_by_challenge,
            passkey.person_id,
            new,
            hashlib.sha256(challenge.encode()).digest(),
            until=issued_at + CHALLENGE_LIFE,
            now=now,
        )
        if signed_in is None:
            raise await self._refused(passkey.name, Method.PASSKEY, visit)
        await self._run(self._store.passkey_used, passkey.passkey_id, verified.new_sign_count, now)
        return Begun(signed_in, token)

    async def link(self, kind: LinkKind, token: str | None) -> OneTimeLink:
        """Say what a link leads to, without using it. Raises: InvalidToken."""
        found = await self._run(self._store.link, _hash(kind, token), self._clock())
        if found is None or found.kind is not kind or (found.person and found.person.disabled_at):
            raise InvalidToken
        return found

    async def by_link(self, token: str | None, visit: Visit) -> Begun:
        """Sign in with a link, which is then used. Raises: InvalidToken."""
        session_token, new = self._sessions.draw(visit.kind, Method.LINK, visit.device)
        signed_in = await self._run(
            self._store.sign_in_by_link, _hash(LinkKind.SIGN_IN, token), new, now=self._clock()
        )
        if signed_in is None:
            raise InvalidToken
        return Begun(signed_in, session_token)

    def join_options(self, token: str, name: str) -> Json:
        """Spell the options of `navigator.credentials.create` for somebody who joins with a passkey."""
        return registration_options(self._party, token, name)

    async def join(
        self,
        token: str | None,
        name: object,
        visit: Visit,
        *,
        password: object = None,
        credential: Json | None = None,
    ) -> Begun:
        """Use a link to make an account, with a passkey or a password, and sign in.

        Raises: InvalidToken; InvalidRequest, NameTaken, VerificationFailed, which leave the link good.
        """
        link = await self.link(LinkKind.JOIN, token)
        checked = checked_name(name)
        passkey = password_hash = None
        if credential is not None:
            passkey = verified_passkey(self._party, token or "", credential)
        else:
            password_hash = await self._run(lambda: hash_password(password, name=checked))
        method = Method.PASSKEY if passkey else Method.PASSWORD
        session_token, session = self._sessions.draw(visit.kind, method, visit.device)
        new = NewPerson(name=checked, role=link.role or Role.MEMBER, password_hash=password_hash)
        signed_in = await self._run(
            self._store.join, _hash(LinkKind.JOIN, token), new, session, now=self._clock(), passkey=passkey
        )
        if signed_in is None:
            raise InvalidToken
        self._on_join()
        return Begun(signed_in, session_token)

    async def _begun(
        self, person: Person, method: Method, visit: Visit, *, password_hash: str | None = None
    ) -> Begun:
        token, new = self._sessions.draw(visit.kind, method, visit.device)
        signed_in = await self._run(
            self._store.add_session,
            person.person_id,
            new,
            now=self._clock(),
            password_hash=password_hash,
        )
        if signed_in is None:
            raise NotSignedIn
        return Begun(signed_in, token)

    async def check_rate(self, name: str, place: str = "") -> None:
        """Count a guess at a password or a code, from somewhere and at somebody. Raises: RateLimited."""
        # In this order: who may try no more from there counts against nobody.
        if place:
            await self._take(f"sign-in from {place}", every=EVERY, burst=TRIES)
        await self._take(f"sign-in as {name_key(name)[:100]}", every=EVERY, burst=TRIES)

    async def _take(self, bucket: str, *, every: timedelta, burst: int) -> None:
        message = "Too many tries to sign in."
        await self._limits.take(bucket, every=every, burst=burst, message=message)

    async def _refused(self, name: str, method: Method, visit: Visit) -> NotSignedIn:
        """Record that somebody was not let in; say nothing of why."""
        # What is no name may be a password that was typed into the wrong field.
        person = await self._run(self._store.person_named, name) if name else None
        tried = person.name if person else ""
        await self._run(
            self._store.sign_in_refused, tried, method, kind=visit.kind, place=visit.place, now=self._clock()
        )
        return NotSignedIn()


def wrong_code() -> dict[str, str]:
    """Spell what is wrong with a code, for `errors`."""
    return {"path": "code", "code": "wrong_code", "message": "is not the present code"}


def _code_of(person: Person, password_hash: str) -> str:
    """Name what a ticket is for: a code of somebody who has shown this very password."""
    return f"code of {person.person_id} {hashlib.sha256(password_hash.encode()).hexdigest()}"


def totp_row(person_id: int) -> str:
    """Name the row that the secret of somebody's codes is sealed for."""
    return f"totp:{person_id}"


def _hash(kind: LinkKind, token: str | None) -> bytes:
    return checked_hash(LINK_PURPOSES[kind], token)


def _credential_id(credential: Any) -> bytes:
    try:
        return base64url_to_bytes(credential["rawId"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise VerificationFailed("That is not the assertion of a passkey.") from error
