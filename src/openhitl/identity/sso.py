"""Single sign-on: there and back again, with the browser that began.

What must come back unchanged travels in a cookie that is sealed under the root secret, so that any server
process can finish what another has begun.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog

from openhitl.errors import (
    InvalidRequest,
    NameTaken,
    NotSignedIn,
    PeerError,
    ProviderFailed,
    SsoFailed,
    SsoRefused,
    SubjectTaken,
    WrongSecret,
)
from openhitl.identity.openid import OpenIdProvider, Registration
from openhitl.identity.rates import RateLimits
from openhitl.identity.sessions import Begun, SessionDesk, actor_of
from openhitl.identity.signing_in import Visit
from openhitl.keyring import Keyring
from openhitl.outbound import OutboundHttp
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.openid import Admission, Identity
from openhitl.protocol.people import MAX_NAME_CHARACTERS, Method, Person, Role, SignedIn, checked_name
from openhitl.protocol.record import record
from openhitl.settings import Settings
from openhitl.store import Store
from openhitl.store.people import NewPerson
from openhitl.store.runner import Runner

#: Where the provider sends browsers back to.
CALLBACK_PATH = "/sign-in/oidc/callback"
#: How long somebody may take at the provider.
TRIP_LIFE = timedelta(minutes=10)
#: How often the provider is asked for one address: a whole office may share it.
BURST = 60
EVERY = timedelta(seconds=1)
_ROW = "sso"
_log = structlog.get_logger("openhitl.sso")
#: How many people of one name can join before their owner has to help.
_NAMESAKES = 20
#: Of a name that the provider says; what tells it apart comes after.
_MAX_GIVEN = 80


@record(frozen=True, slots=True, kw_only=True)
class Trip:
    """What a browser takes along to the provider. `person_id` is who connects an account; None to sign in."""

    state: str
    nonce: str
    verifier: str
    onward: str
    person_id: int | None
    began_at: float


@record(frozen=True, slots=True)
class Arrival:
    """Somebody who has come back, and what they set out for."""

    identity: Identity
    trip: Trip


class SingleSignOn:
    """Lets people in whom an OpenID provider knows.

    Args:
        name: what the provider is called on pages.
        admission: whose first sign-in makes an account.
        run: runs what asks the store beside the event loop.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        sessions: SessionDesk,
        provider: OpenIdProvider,
        *,
        name: str,
        admission: Admission,
        run: Runner,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._store = store
        self._keyring = keyring
        self._sessions = sessions
        self._provider = provider
        self._admission = admission
        self._limits = RateLimits(store, run=run, clock=clock)
        self._run = run
        self._clock = clock

    async def begin(self, onward: str, *, to_connect: SignedIn | None = None) -> tuple[str, str]:
        """Begin a trip; return the provider's address and the value of a cookie that must come back.

        Raises: ProviderFailed.
        """
        state, nonce, verifier = (encode(os.urandom(32)) for _ in range(3))
        trip = Trip(
            state=state,
            nonce=nonce,
            verifier=verifier,
            onward=onward,
            person_id=to_connect.person.person_id if to_connect else None,
            began_at=self._clock().timestamp(),
        )
        challenge = encode(hashlib.sha256(verifier.encode()).digest())
        with _asking_the_provider():
            url = await self._provider.authorization_url(state=state, nonce=nonce, challenge=challenge)
        sealed = self._keyring.seal(json.dumps(asdict(trip)).encode(), bound_to=_ROW)
        return url, encode(sealed)

    async def arrive(self, response: Mapping[str, str], cookie: str, *, place: str) -> Arrival:
        """Say who has come back from the provider to this place.

        Raises: SsoFailed unless this browser set out, within ten minutes, and the provider let them in;
        RateLimited, ProviderFailed.
        """
        trip = self._trip(cookie)
        if response.get("state") != trip.state:
            raise SsoFailed
        await self._limits.take(f"sso from {place}", every=EVERY, burst=BURST)
        with _asking_the_provider():
            identity = await self._provider.identify(response, verifier=trip.verifier, nonce=trip.nonce)
        return Arrival(identity, trip)

    async def enter(self, arrival: Arrival, visit: Visit) -> Begun:
        """Sign in who has come back; whom we may admit joins with it.

        Raises: SsoRefused if nobody here is connected with them; NotSignedIn if they are disabled.
        """
        known = await self._run(self._store.person_of, arrival.identity.subject)
        person = known or await self._join(arrival.identity, visit)
        token, new = self._sessions.draw(visit.kind, Method.SSO, visit.device)
        signed_in = await self._run(self._store.add_session, person.person_id, new, now=self._clock())
        if signed_in is None:
            await self._note_refused(person.name, visit)
            raise NotSignedIn
        return Begun(signed_in, token)

    async def connect(self, arrival: Arrival, signed_in: SignedIn) -> None:
        """Let the provider sign somebody in from now on.

        Raises: SsoFailed if somebody else has set out; SubjectTaken.
        """
        if arrival.trip.person_id != signed_in.person.person_id:
            raise SsoFailed
        by, now = actor_of(signed_in), self._clock()
        person_id, subject = signed_in.person.person_id, arrival.identity.subject
        if not await self._run(self._store.connect, person_id, subject, by=by, now=now):
            raise SubjectTaken

    async def disconnect(self, signed_in: SignedIn) -> None:
        """Have the provider sign somebody in no longer."""
        by, now = actor_of(signed_in), self._clock()
        person_id, issuer = signed_in.person.person_id, self._provider.issuer
        await self._run(self._store.disconnect, person_id, issuer, by=by, now=now)

    async def is_connected(self, signed_in: SignedIn) -> bool:
        """Tell whether the provider signs somebody in."""
        person_id, issuer = signed_in.person.person_id, self._provider.issuer
        return await self._run(self._store.is_connected, person_id, issuer)

    async def _join(self, identity: Identity, visit: Visit) -> Person:
        # The first account is an owner's, and by a link: else a server could come to have no owner.
        if not self._admission.admits(identity) or not await self._run(self._store.has_people):
            await self._note_refused("", visit)  # of strangers nothing is kept for good
            raise SsoRefused
        for name in names_for(identity):
            new = NewPerson(name=name, role=Role.MEMBER)
            try:
                person = await self._run(
                    self._store.join_by_subject, identity.subject, new, now=self._clock()
                )
            except NameTaken:
                continue
            return person
        raise SsoRefused

    async def _note_refused(self, name: str, visit: Visit) -> None:
        await self._run(
            self._store.sign_in_refused,
            name,
            Method.SSO,
            kind=visit.kind,
            place=visit.place,
            now=self._clock(),
        )

    def _trip(self, cookie: str) -> Trip:
        try:
            trip = Trip(**json.loads(self._keyring.unseal(decode(cookie), bound_to=_ROW)))
        except (ValueError, WrongSecret) as error:
            raise SsoFailed from error
        age = self._clock().timestamp() - trip.began_at
        if not 0 <= age < TRIP_LIFE.total_seconds():
            raise SsoFailed
        return trip


def names_for(identity: Identity) -> Iterator[str]:
    """Suggest names for an account: as the provider says, then told apart from namesakes.

    A name is never what connects anybody with an account that is here.
    """
    given = identity.name or identity.email.partition("@")[0] or identity.subject.subject
    given = given[:_MAX_GIVEN]
    by_address = [f"{given} ({identity.email})"] if identity.email else []
    numbered = [f"{given} {number}" for number in range(2, _NAMESAKES)]
    wanted = [given, *by_address, *numbered, identity.email, identity.subject.subject]
    for name in wanted:
        try:
            yield checked_name(name[:MAX_NAME_CHARACTERS])
        except InvalidRequest:
            continue


def single_sign_on(
    settings: Settings,
    store: Store,
    keyring: Keyring,
    outbound: OutboundHttp,
    *,
    run: Runner,
    clock: Callable[[], datetime],
) -> SingleSignOn | None:
    """Set up single sign-on as the settings say; None without a provider."""
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret
    registration = Registration(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        secret=secret.get_secret_value() if secret else "",
        redirect_uri=settings.public_url + CALLBACK_PATH,
    )
    return SingleSignOn(
        store,
        keyring,
        SessionDesk(store, keyring, run=run, clock=clock),
        OpenIdProvider(registration, outbound, clock=clock),
        name=settings.oidc_label,
        admission=Admission.of(settings.oidc_allowed),
        run=run,
        clock=clock,
    )


@contextmanager
def _asking_the_provider() -> Iterator[None]:
    """Note for the operator why the provider could not be asked; the browser is told that it failed."""
    try:
        yield
    except PeerError as error:
        _log.warning("sso_failed", reason=str(error))
        raise ProviderFailed from error
