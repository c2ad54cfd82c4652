"""Everything about people in one place: their sessions, ways in, links, and what they may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from openhitl.errors import InvalidRequest, NotFound, NotOwner, NotSignedIn, WrongSecret
from openhitl.identity.devices import DeviceShelf
from openhitl.identity.handing import HandingDesk
from openhitl.identity.links import join_link, sign_in_link
from openhitl.identity.pairing import PairingDesk
from openhitl.identity.passkeys import make_link
from openhitl.identity.passwords import hash_password, verify_password
from openhitl.identity.preferences import PreferenceDesk
from openhitl.identity.sessions import SessionDesk, actor_of
from openhitl.identity.signing_in import SignIn, totp_row, wrong_code
from openhitl.identity.totp import new_secret, provisioning_uri, step_of
from openhitl.keyring import Keyring
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.passkeys import Passkey, PasskeyHolder
from openhitl.protocol.people import Person, Role, SignedIn
from openhitl.protocol.problems import SUMMARY
from openhitl.protocol.record import record
from openhitl.store import Store
from openhitl.store.runner import Runner

ISSUER = "OpenHITL"


@record(frozen=True, slots=True)
class TotpDraft:
    """A secret for codes that nobody is asked for yet: as text, as the address for a QR code, and sealed
    for the form that carries it until a code shows that an app has it.
    """

    secret: str
    uri: str
    carried: str


class Accounts:
    """What people do with their own accounts, and owners with everybody's.

    Args:
        run: runs what asks the store beside the event loop.
        on_join: is called when somebody has made an account.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        public_url: str,
        *,
        run: Runner,
        clock: Callable[[], datetime],
        on_join: Callable[[], None],
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._public_url = public_url
        self._run = run
        self._clock = clock
        self.sessions = SessionDesk(store, keyring, run=run, clock=clock)
        self.devices = DeviceShelf(store, run=run, clock=clock)
        self.handing = HandingDesk(store, run=run, clock=clock)
        self.pairings = PairingDesk(store, keyring, self.sessions, public_url, run=run, clock=clock)
        self.preferences = PreferenceDesk(store, run=run)
        self.sign_in = SignIn(
            store, keyring, self.sessions, public_url, run=run, clock=clock, on_join=on_join
        )

    # -- one's own account

    async def passkeys(self, signed_in: SignedIn) -> Sequence[Passkey]:
        """List somebody's own passkeys."""
        return await self._run(self._store.passkeys_of, signed_in.person.person_id)

    async def passkey_link(self, signed_in: SignedIn) -> str:
        """Make the address where somebody registers one more passkey of their own."""
        holder = PasskeyHolder(signed_in.person.name, signed_in.person.person_id)
        return await self._run(
            make_link, self._store, self._public_url, holder, by=actor_of(signed_in), now=self._clock()
        )

    async def revoke_passkey(self, signed_in: SignedIn, passkey_id: int) -> None:
        """Make one of somebody's own passkeys useless. Raises: NotFound."""
        is_revoked = await self._run(
            self._store.revoke_passkey,
            passkey_id,
            by=actor_of(signed_in),
            now=self._clock(),
            person_id=signed_in.person.person_id,
        )
        if not is_revoked:
            raise NotFound

    async def set_password(self, signed_in: SignedIn, present: str, password: object) -> None:
        """Set or replace somebody's own password, and sign them out everywhere else.

        Raises: NotSignedIn if there is one and `present` is not it; InvalidRequest, RateLimited.
        """
        person = signed_in.person
        await self.sign_in.check_rate(person.name)
        known = await self._run(self._store.password_of, person.name)
        if known is not None and not await self._run(verify_password, known[1], present):
            raise NotSignedIn("That is not your present password.")
        hashed = await self._run(lambda: hash_password(password, name=person.name))
        await self._run(
            self._store.set_password,
            person.person_id,
            hashed,
            by=actor_of(signed_in),
            now=self._clock(),
            keep_session=signed_in.session.session_id,
        )

    def draw_totp(self, signed_in: SignedIn) -> TotpDraft:
        """Draw a secret for codes. Nothing is stored yet."""
        return self._draft(signed_in, new_secret())

    def totp_draft(self, signed_in: SignedIn, carried: str) -> TotpDraft:
        """Read a draft that a form of this session carried. Raises: InvalidRequest for any other."""
        try:
            secret = self._keyring.unseal(decode(carried), bound_to=_draft_row(signed_in))
        except (WrongSecret, ValueError) as error:
            raise InvalidRequest("That form was not made here, for you.") from error
        return self._draft(signed_in, secret.decode())

    def _draft(self, signed_in: SignedIn, secret: str) -> TotpDraft:
        carried = encode(self._keyring.seal(secret.encode(), bound_to=_draft_row(signed_in)))
        return TotpDraft(secret, provisioning_uri(secret, signed_in.person.name, ISSUER), carried)

    async def set_totp(self, signed_in: SignedIn, draft: TotpDraft, code: str) -> None:
        """Ask for codes from now on.

        Raises: InvalidRequest unless the code shows that the app has the secret, and if others are asked
        for already.
        """
        now = self._clock()
        step = step_of(draft.secret, code, now)
        if step is None:
            raise InvalidRequest(SUMMARY, errors=[wrong_code()])
        person_id = signed_in.person.person_id
        sealed = self._keyring.seal(draft.secret.encode(), bound_to=totp_row(person_id))
        if not await self._run(
            self._store.set_totp, person_id, sealed, step=step, by=actor_of(signed_in), now=now
        ):
            raise InvalidRequest("Codes are asked for already.")

    async def clear_totp(self, signed_in: SignedIn, code: str) -> None:
        """Ask for codes no longer. Raises: InvalidRequest unless a present code is shown; RateLimited."""
        await self.sign_in.check_rate(signed_in.person.name)
        if not await self.sign_in.is_code(signed_in.person, code):
            raise InvalidRequest(SUMMARY, errors=[wrong_code()])
        person_id, now = signed_in.person.person_id, self._clock()
        await self._run(self._store.clear_totp, person_id, by=actor_of(signed_in), now=now)

    async def own_link(self, signed_in: SignedIn) -> str:
        """Make a link with which somebody signs in elsewhere, as in a terminal."""
        return await self._sign_in_link(signed_in.person, signed_in)

    # -- everybody's, for owners

    async def people(self, signed_in: SignedIn) -> Sequence[Person]:
        """List everybody. Raises: NotOwner."""
        _check_owner(signed_in)
        return await self._run(self._store.people)

    async def invite(self, signed_in: SignedIn, role: Role) -> str:
        """Make a link with which somebody joins. Raises: NotOwner."""
        _check_owner(signed_in)
        return await self._run(
            join_link,
            self._store,
            self._public_url,
            role,
            by=actor_of(signed_in),
            now=self._clock(),
            created_by=signed_in.person.person_id,
        )

    async def sign_in_link_for(self, signed_in: SignedIn, person_id: int) -> str:
        """Make a link for somebody who has lost their way in. Raises: NotOwner, NotFound."""
        return await self._sign_in_link(await self._other(signed_in, person_id), signed_in)

    async def set_role(self, signed_in: SignedIn, person_id: int, role: Role) -> None:
        """Change what somebody may do. Raises: NotOwner, NotFound, LastOwner."""
        person = await self._other(signed_in, person_id)
        by, now = actor_of(signed_in), self._clock()
        await self._run(self._store.set_role, person.person_id, role, by=by, now=now)

    async def disable(self, signed_in: SignedIn, person_id: int) -> None:
        """Lock somebody out, everywhere and at once. Raises: NotOwner, NotFound, LastOwner."""
        person = await self._other(signed_in, person_id)
        by, now = actor_of(signed_in), self._clock()
        await self._run(self._store.disable_person, person.person_id, by=by, now=now)

    async def enable(self, signed_in: SignedIn, person_id: int) -> None:
        """Let somebody in again. Raises: NotOwner, NotFound."""
        person = await self._other(signed_in, person_id)
        by, now = actor_of(signed_in), self._clock()
        await self._run(self._store.enable_person, person.person_id, by=by, now=now)

    async def _sign_in_link(self, person: Person, signed_in: SignedIn) -> str:
        by, now = actor_of(signed_in), self._clock()
        return await self._run(
            sign_in_link,
            self._store,
            self._public_url,
            person,
            by=by,
            now=now,
            created_by=signed_in.person.person_id,
        )

    async def _other(self, signed_in: SignedIn, person_id: int) -> Person:
        _check_owner(signed_in)
        person = await self._run(self._store.person, person_id)
        if person is None:
            raise NotFound
        return person


def _draft_row(signed_in: SignedIn) -> str:
    return f"totp draft:{signed_in.session.session_id}"


def _check_owner(signed_in: SignedIn) -> None:
    if signed_in.person.role is not Role.OWNER:
        raise NotOwner
