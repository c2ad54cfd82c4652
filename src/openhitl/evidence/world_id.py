"""World ID: a proof of human made in World App, verified by World's API. HITL v0.8 Appendix H.

Source: World's Developer Portal API, `POST /api/v4/verify/{rp_id}`, World ID 4.0 and legacy 3.0 proofs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from openhitl.errors import PeerError, VerificationFailed, VerifierUnavailable
from openhitl.evidence.keccak import hash_to_field
from openhitl.evidence.world_request import RequestSigner
from openhitl.outbound.http import Fetched
from openhitl.protocol.case import Json
from openhitl.protocol.compact import compact
from openhitl.protocol.evidence import Bound, Evidence, Proven
from openhitl.protocol.policies import PROOF_OF_HUMAN, Ability, Level, SubmitPath, Verified
from openhitl.protocol.record import record

NAME = "world_id"
MAX_RESPONSES = 10
#: How sure World is of a human, by who issued the credential (4.0) and by what it is called (3.0).
_ISSUERS = {1: Level.HIGH, 3: Level.MEDIUM, 4: Level.MEDIUM}
_LEGACY = {"orb": Level.HIGH, "secure_document": Level.MEDIUM, "document": Level.MEDIUM}
_HEADERS = {"content-type": "application/json"}
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{1,64}")
_CODE = re.compile(r"[a-z0-9_-]{1,60}")
LEGACY = "3.0"
_PROTOCOLS = (LEGACY, "4.0")


class Posts(Protocol):
    """What of the guarded way out is used here."""

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> Fetched:
        """Post a body. Raises: PeerError."""


@record(frozen=True, slots=True, kw_only=True)
class WorldApp:
    """An app as it is registered with World. Only proofs of its `environment` count.

    Args:
        api: scheme and host of World's API, without a trailing slash.
        signer: signs requests to World App; without it, whoever makes the request has to.
    """

    rp_id: str
    app_id: str = ""
    environment: str = "production"
    api: str = "https://developer.world.org"
    signer: RequestSigner | None = None


class WorldIdProvider:
    """Has proofs verified by World.

    Only inline: the review page loads nothing from elsewhere, and World's widget is from elsewhere. A
    proof's action names case and action, its signal is the digest of all that it is bound to.
    """

    name = NAME
    ability = Ability(
        proof_types=frozenset({PROOF_OF_HUMAN}),
        formats=frozenset({"provider_opaque", "zkp"}),
        paths=frozenset({SubmitPath.INLINE}),
        most=Level.HIGH,
    )

    def __init__(self, app: WorldApp, outbound: Posts) -> None:
        self._app = app
        self._outbound = outbound

    def request(self, bound: Bound) -> Json:
        """Spell what IDKit needs to ask World App for a proof."""
        action = _action(bound)
        request: dict[str, Any] = {
            "app_id": self._app.app_id,
            "action": action,
            "signal": bound.spelled,
            "environment": self._app.environment,
        }
        if self._app.signer is not None:
            signed = self._app.signer.signed(action, bound.issued_at)
            request["rp_context"] = {"rp_id": self._app.rp_id, **signed}
        return request

    async def verify(self, evidence: Evidence, bound: Bound) -> Proven:
        """Check what a proof is bound to, and have it verified.

        Raises: VerificationFailed; VerifierUnavailable if World does not answer, or not as it should.
        """
        proof, responses = self._checked(evidence.presentation, bound)
        told = await self._told(proof)
        if told.get("success") is not True or told.get("action") != proof["action"]:
            raise VerificationFailed("World has not verified this proof for this action.")
        # World is content with one proof of several, and says of each only whose it is and what it is
        # called: with all of them verified, none can lend its level to another.
        nullifiers = {_number(one.get("nullifier")) for one in responses}
        if None in nullifiers or not _are_verified(told.get("results"), nullifiers, len(responses)):
            raise VerificationFailed("World has not verified every proof of this result.")
        if told.get("environment", self._app.environment) != self._app.environment:
            raise VerificationFailed("This proof is of another of World's environments.")
        verified = Verified(
            proof_type=PROOF_OF_HUMAN,
            provider=NAME,
            format=evidence.format,
            level=max((_level(proof, one) for one in responses), key=lambda level: level.rank),
        )
        return Proven(verified=verified, once=repr(sorted(map(str, nullifiers))).encode())

    async def accepted(self, proven: Proven) -> None:
        """Keep nothing: World's nullifiers are spent with the answer."""

    def _checked(self, proof: Any, bound: Bound) -> tuple[Json, list[Json]]:
        """Find the proofs of an IDKit result, each of which must be for this answer and nothing else."""
        responses = proof.get("responses") if isinstance(proof, dict) else None
        if not isinstance(responses, list) or not 1 <= len(responses) <= MAX_RESPONSES:
            raise VerificationFailed("That is not a result of IDKit.")
        if proof.get("protocol_version") not in _PROTOCOLS or "session_id" in proof:
            raise VerificationFailed("Only uniqueness proofs of World ID 3.0 and 4.0 count.")
        if proof.get("environment", "production") != self._app.environment:
            raise VerificationFailed("This proof is of another of World's environments.")
        if proof.get("action") != _action(bound):
            raise VerificationFailed("This proof is for another action or another case.")
        wanted = int.from_bytes(hash_to_field(bound.spelled.encode()), "big")
        for response in responses:
            if not isinstance(response, dict) or _number(response.get("signal_hash")) != wanted:
                raise VerificationFailed("This proof is for another answer.")
        return proof, responses

    async def _told(self, proof: Json) -> Json:
        """Ask World about a proof."""
        url = f"{self._app.api}/api/v4/verify/{self._app.rp_id}"
        try:
            answer = await self._outbound.post(url, compact(dict(proof)), headers=_HEADERS)
        except PeerError as error:
            raise VerifierUnavailable("World's API cannot be reached.") from error
        told = _object(answer.body)
        if answer.status == 400:
            raise VerificationFailed(f"World does not accept this proof: {_code(told)}.")
        if answer.status != 200:
            raise VerifierUnavailable(f"World's API answers {answer.status}: {_code(told)}.")
        return told


def _action(bound: Bound) -> str:
    return f"hitl:{bound.case_id}:{bound.action}"


def _are_verified(results: Any, nullifiers: set[int | None], count: int) -> bool:
    if not isinstance(results, list) or len(results) != count:
        return False
    told = [one for one in results if isinstance(one, dict) and one.get("success") is True]
    return len(told) == count and {_number(one.get("nullifier")) for one in told} == nullifiers


def _level(proof: Json, response: Json) -> Level:
    """Say how sure World is: by what the proof itself covers, never by another member beside it."""
    if proof["protocol_version"] == LEGACY:
        return _LEGACY.get(str(response.get("identifier")), Level.LOW)
    issuer = response.get("issuer_schema_id")
    return _ISSUERS.get(issuer, Level.LOW) if type(issuer) is int else Level.LOW


def _number(raw: Any) -> int | None:
    """Read a field element: one number, however it is spelt."""
    if not isinstance(raw, str) or not _HEX.fullmatch(raw):
        return None
    return int(raw, 16)


def _object(body: bytes) -> Json:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _code(told: Json) -> str:
    """Quote World's own word for it, if it is one."""
    code = told.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no reason given"
