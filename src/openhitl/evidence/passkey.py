"""Passkeys: a person lets a device of theirs sign this very answer. W3C Web Authentication Level 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from webauthn import verify_authentication_response
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import CredentialDeviceType

from openhitl.errors import VerificationFailed
from openhitl.protocol.case import Assurance, Json
from openhitl.protocol.evidence import Bound, Evidence, Proven
from openhitl.protocol.passkeys import CEREMONY_MS, Passkey, RelyingParty
from openhitl.protocol.policies import PASSKEY, PROOF_OF_HUMAN, Ability, Level, SubmitPath, Verified

FORMAT = "provider_opaque"


class PasskeyProvider:
    """Verifies assertions of passkeys that are registered here, with the person verified by the device.

    A passkey that cannot leave its device makes evidence of level high, one that is synced of medium.

    Args:
        find: reads a passkey that is not revoked by its credential id.
        used: notes a passkey's number and its new counter.
    """

    name = PASSKEY
    ability = Ability(
        proof_types=frozenset({PROOF_OF_HUMAN}),
        formats=frozenset({FORMAT}),
        paths=frozenset(SubmitPath),
        most=Level.HIGH,
    )

    def __init__(
        self,
        party: RelyingParty,
        *,
        find: Callable[[bytes], Awaitable[Passkey | None]],
        used: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self._party = party
        self._find = find
        self._used = used

    def request(self, bound: Bound) -> Json:
        """Spell the options of `navigator.credentials.get`; any passkey for this host may be used."""
        return {
            "challenge": bound.spelled,
            "rpId": self._party.rp_id,
            "userVerification": "required",
            "timeout": CEREMONY_MS,
        }

    async def verify(self, evidence: Evidence, bound: Bound) -> Proven:
        """Verify an assertion. Raises: VerificationFailed."""
        assertion: Any = evidence.presentation
        passkey = await self._find(_credential_id(assertion))
        if passkey is None:
            raise VerificationFailed("This passkey is not registered here, or was revoked.")
        if bound.person_id is not None and passkey.person_id != bound.person_id:
            raise VerificationFailed("This passkey is somebody else's.")
        try:
            verified = verify_authentication_response(
                credential=dict(assertion),
                expected_challenge=bound.digest,
                expected_rp_id=self._party.rp_id,
                expected_origin=self._party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
            said = parse_client_data_json(base64url_to_bytes(assertion["response"]["clientDataJSON"]))
        except (WebAuthnException, ValueError, TypeError, LookupError, AttributeError) as error:
            raise VerificationFailed("The passkey did not sign this answer as it should.") from error
        if said.cross_origin:  # our pages stand in nobody's frame
            raise VerificationFailed("The passkey was used inside a page of somebody else's.")
        is_bound = verified.credential_device_type is CredentialDeviceType.SINGLE_DEVICE
        return Proven(
            verified=Verified(
                proof_type=PROOF_OF_HUMAN,
                provider=PASSKEY,
                format=FORMAT,
                level=Level.HIGH if is_bound else Level.MEDIUM,
            ),
            once=bound.nonce.encode(),
            name=passkey.name,
            assurance=Assurance.PASSKEY,
            key=passkey.passkey_id,
            counter=verified.new_sign_count,
        )

    async def accepted(self, proven: Proven) -> None:
        """Keep the counter of a passkey that was used."""
        if proven.key is not None:
            await self._used(proven.key, proven.counter)


def _credential_id(assertion: Any) -> bytes:
    try:
        return base64url_to_bytes(assertion["rawId"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise VerificationFailed("That is not the assertion of a passkey.") from error
