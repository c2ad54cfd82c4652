"""Registering passkeys, at a link that is good once. W3C Web Authentication Level 3 §7.1."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from webauthn import verify_registration_response
from webauthn.helpers.exceptions import WebAuthnException

from openhitl.errors import InvalidToken, SetupError, VerificationFailed
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import Actor, Json
from openhitl.protocol.passkeys import CEREMONY_MS, NewPasskey, PasskeyHolder, RelyingParty
from openhitl.protocol.people import checked_name
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.store import Store
from openhitl.store.runner import Runner

LINK_LIFE = timedelta(minutes=15)
PATH = "/passkey"
#: Signature algorithms that browsers may choose from: Ed25519, ES256, RS256. RFC 8152 §8, RFC 8812.
ALGORITHMS = (-8, -7, -257)


def make_link(store: Store, public_url: str, holder: PasskeyHolder, *, by: Actor, now: datetime) -> str:
    """Make the address where somebody registers one passkey, for a quarter of an hour.

    Raises: InvalidRequest for a name that nobody could read; SetupError where the server's host is an IP
    address; StoreError.
    """
    if not RelyingParty.of(public_url).has_name:
        raise SetupError(
            "Browsers make passkeys for hosts with a name, not for IP addresses.",
            hint="Set HITL_BASE_URL to an address with a host name.",
        )
    named = PasskeyHolder(checked_name(holder.name), holder.person_id)
    token = token_from_bytes(Purpose.PASSKEY_LINK, os.urandom(32))
    store.add_passkey_link(named, hash_token(token), by=by, now=now, until=now + LINK_LIFE)
    return f"{public_url}{PATH}?token={token}"


def registration_options(party: RelyingParty, token: str, name: str) -> Json:
    """Spell the options of `navigator.credentials.create`. The challenge is that of a link that is good once.

    Args:
        token: of the link.
        name: whose passkey it will be.
    """
    return {
        "challenge": encode(_challenge(token)),
        "rp": {"id": party.rp_id, "name": "OpenHITL"},
        "user": {"id": encode(hash_token(token)), "name": name, "displayName": name},
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
        "attestation": "none",
        "timeout": CEREMONY_MS,
    }


def verified_passkey(party: RelyingParty, token: str, credential: Json) -> NewPasskey:
    """Check what a device has made at a link. Raises: VerificationFailed."""
    try:
        verified = verify_registration_response(
            credential=dict(credential),
            expected_challenge=_challenge(token),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError) as error:
        raise VerificationFailed("The device did not make a passkey as it should.") from error
    return NewPasskey(
        rp_id=party.rp_id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
    )


class PasskeyDesk:
    """Registers passkeys.

    Args:
        public_url: what people see; passkeys are for its host.
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, public_url: str, *, run: Runner, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._public_url = public_url
        self._party = RelyingParty.of(public_url)
        self._run = run
        self._clock = clock

    async def link(self, holder: PasskeyHolder, by: Actor) -> str:
        """Make a link for somebody. Raises: as `make_link`."""
        return await self._run(make_link, self._store, self._public_url, holder, by=by, now=self._clock())

    async def holder(self, token: str | None) -> PasskeyHolder:
        """Say whose passkey a link is for. Raises: InvalidToken if it was used, is too old or no link."""
        holder = await self._run(self._store.passkey_link, _hash(token), self._clock())
        if holder is None:
            raise InvalidToken
        return holder

    def options(self, token: str, name: str) -> Json:
        """Spell the options of `navigator.credentials.create`; see `registration_options`."""
        return registration_options(self._party, token, name)

    async def register(self, token: str | None, credential: Json) -> PasskeyHolder:
        """Store the passkey that a device has made; return whose it is.

        Raises: InvalidToken as `holder`; VerificationFailed, which leaves the link good.
        """
        holder = await self.holder(token)
        new = verified_passkey(self._party, token or "", credential)
        if not await self._run(self._store.add_passkey, _hash(token), new, now=self._clock()):
            raise InvalidToken
        return holder


def _hash(token: str | None) -> bytes:
    return checked_hash(Purpose.PASSKEY_LINK, token)


def _challenge(token: str) -> bytes:
    """Derive the challenge of a link: whoever has the link has it, and the link is good once."""
    return hashlib.sha256(b"passkey registration\0" + token.encode()).digest()
