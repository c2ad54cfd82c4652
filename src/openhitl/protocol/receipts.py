"""Receipts: what a service signs about an answer, and how it is checked. HITL v0.8 §13.4; RFC 7515, 8037.

A receipt is a compact JWS with one algorithm, Ed25519 (`alg` EdDSA), in `result.signature.value`. Its
payload vouches for every member of a completed poll body but `next_case_id`, which is set later. The
answer's data is there as a salted digest only. Poll bodies have no room for a member of our own, so
the salt stands beside the receipt as the fragment of `signer`, which is never sent to a server: who
is handed `value` alone cannot guess the data.

Nothing here signs: keys and the curve are with those who import this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from openhitl.errors import InvalidReceipt, InvalidRequest
from openhitl.protocol import jcs, jws, wire
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import Actor, Answer, Json, ReviewCase
from openhitl.protocol.jws import ALGORITHM, Jws
from openhitl.protocol.record import record
from openhitl.protocol.shown import SHOWN

VERSION = 1
#: Says what the JWS is, so that nothing else that the key may sign one day passes for a receipt.
JWS_TYPE = "hitl-receipt+jws"
_SALT = "#salt="
_SIGNATURE = {"algorithm", "value", "signed_at", "signer"}
_RESULT = {"action", "data", "signature"}
#: What a receipt cannot vouch for in a poll body, and what a case's creator sees beside poll body and
#: content: addresses, and what was never shown.
UNSIGNED = frozenset({"next_case_id"})
UNSIGNED_IN_VIEW = frozenset(
    {
        "events_url",
        "metadata",
        "poll_url",
        "reminder_at",
        "review_url",
        "timeout",
        "verification_policy",
        "version",
    }
)
_CLAIMS: Mapping[str, type] = {
    "v": int,
    "case_id": str,
    "type": str,
    "action": str,
    "shown_digest": str,
    "data_digest": str,
    "by": dict,
    "surface": str,
    "decided_at": str,
    "log": dict,
    "signer": str,
    "poll": dict,
}


@record(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """Where the log records an answer, and by whom. `generation` numbers the key that signs it, from 0."""

    position: int
    hash: bytes
    generation: int
    actor: Actor


@record(frozen=True, slots=True)
class Check:
    """One claim of a receipt. `compared` is false where the receipt alone says it."""

    claim: str
    value: str
    compared: bool


@record(frozen=True, slots=True, kw_only=True)
class VerifiedReceipt:
    """What a service vouches for about an answer; verified.

    `by` is who answered (`kind`, `id`, `assurance`, and `name` if known), `decided_at` as on the wire,
    `position` and `log_hash` (hexadecimal) where the service's log records it.
    """

    case_id: str
    type: str
    action: str
    shown_digest: str
    by: Json
    surface: str
    decided_at: str
    position: int
    log_hash: str
    key_id: str
    checks: tuple[Check, ...]


# -- made by the service ----------------------------------------------------------------------


def claims_of(case: ReviewCase, answer: Answer, place: LogPlace, *, salt: str, signer: str) -> Json:
    """Say what a receipt vouches for, from values that never change once the case is completed."""
    actor = place.actor
    told = wire.poll_body(case, answer)
    by = {"kind": actor.kind.value, "id": actor.id, "assurance": actor.assurance.value}
    name = actor.name or answer.name
    return {
        "v": VERSION,
        "case_id": case.case_id,
        "type": case.type,
        "action": answer.action,
        "shown_digest": answer.shown_digest,
        "data_digest": data_digest(salt, answer.data),
        "by": {**by, "name": name} if name else by,
        "surface": actor.surface,
        "decided_at": told["completed_at"],
        "log": {"position": place.position, "hash": place.hash.hex()},
        "signer": signer,
        "poll": {name: value for name, value in told.items() if name not in UNSIGNED | {"result"}},
    }


def signing_input(claims: Json, key_id: str) -> bytes:
    """Return the bytes to sign: header and payload. RFC 7515 §5.1."""
    return jws.signing_input(claims, key_id=key_id, kind=JWS_TYPE)


def signature_object(claims: Json, signed: bytes, signature: bytes, *, salt: str) -> dict[str, str]:
    """Spell `result.signature`. HITL v0.8 §13.4."""
    return {
        "algorithm": ALGORITHM,
        "value": jws.compact(signed, signature),
        "signed_at": claims["decided_at"],
        "signer": claims["signer"] + _SALT + salt,
    }


def data_digest(salt: str, data: Json) -> str:
    """Return base64url SHA-256 over the salt (as text) and the RFC 8785 bytes of the data."""
    return encode(hashlib.sha256(salt.encode() + jcs.canonical(data)).digest())


# -- checked by the agent ---------------------------------------------------------------------


def read_receipt(body: Json) -> Jws:
    """Find the receipt of a poll body, or of a case as its creator sees it.

    Raises: InvalidReceipt for a case without one, and for anything but a compact JWS of ours.
    """
    signature = _signature_of(body)
    if signature["algorithm"] != ALGORITHM:
        raise InvalidReceipt(f"The receipt is not signed with {ALGORITHM}.")
    try:
        return jws.parse(signature["value"], kind=JWS_TYPE, noun="receipt")
    except ValueError as error:
        raise InvalidReceipt(str(error)) from error


def public_key(jwks: Json, wanted: str) -> bytes:
    """Return the 32 bytes of the key that a receipt names. Raises: InvalidReceipt."""
    try:
        return jws.public_key(jwks, wanted)
    except ValueError as error:
        raise InvalidReceipt("The JWKS has no such key for receipts.", key_id=wanted) from error


def check_claims(receipt: Jws, body: Json) -> VerifiedReceipt:
    """Compare a body with what its receipt vouches for; the signature has been verified.

    Raises: InvalidReceipt, saying the first thing that differs.
    """
    claims = _claims(receipt)
    kinds = all(isinstance(claims.get(name), kind) for name, kind in _CLAIMS.items())
    if not kinds or set(claims["log"]) != {"position", "hash"}:
        raise InvalidReceipt("The receipt lacks a claim.")
    if claims["v"] != VERSION:
        raise InvalidReceipt("The receipt is of a version that is not known here.")
    try:
        is_view = _check_body(claims, body)
    except (InvalidRequest, RecursionError) as error:
        raise InvalidReceipt("The body holds what JSON has no form for.") from error
    log = claims["log"]
    return VerifiedReceipt(
        case_id=claims["case_id"],
        type=claims["type"],
        action=claims["action"],
        shown_digest=claims["shown_digest"],
        by=claims["by"],
        surface=claims["surface"],
        decided_at=claims["decided_at"],
        position=log["position"],
        log_hash=log["hash"],
        key_id=receipt.key_id,
        checks=_checks(claims, receipt.key_id, is_view=is_view),
    )


def _check_body(claims: Json, body: Json) -> bool:
    """Compare what a receipt says with what a body says; return whether the body has the content too."""
    result, signature = body["result"], _signature_of(body)
    signer, _, salt = signature["signer"].partition(_SALT)
    is_view = "prompt" in body
    for name, value in claims["poll"].items():
        _same(name, value, body.get(name))
    _same("case_id", claims["case_id"], body.get("case_id"))
    _same("completed_at", claims["decided_at"], body.get("completed_at"))
    _same("result.action", claims["action"], result["action"])
    _same("result.data", claims["data_digest"], data_digest(salt, result["data"]))
    _same("result.signature.signed_at", claims["decided_at"], signature["signed_at"])
    _same("result.signature.signer", claims["signer"], signer)
    known = {"result", *claims["poll"], *UNSIGNED}
    if is_view:
        known |= {*SHOWN, *UNSIGNED_IN_VIEW}
        _same("type", claims["type"], body.get("type"))
        _same("what was shown", claims["shown_digest"], jcs.digest({name: body.get(name) for name in SHOWN}))
    for name in body:
        if name not in known:
            raise InvalidReceipt(f"The receipt does not vouch for {name}.", member=name)
    return is_view


def _same(name: str, signed: Any, given: Any) -> None:
    if jcs.canonical(signed) != jcs.canonical(given):
        raise InvalidReceipt(f"The receipt says otherwise about {name}.", member=name)


def _checks(claims: Json, key_id: str, *, is_view: bool) -> tuple[Check, ...]:
    by, log = claims["by"], claims["log"]
    who = ", ".join(str(by[name]) for name in ("name", "kind", "id") if name in by)
    return (
        Check("signature", f"{ALGORITHM}, key {key_id}", True),
        Check("case", claims["case_id"], True),
        Check("type", claims["type"], is_view),
        Check("shown", claims["shown_digest"], is_view),
        Check("action", claims["action"], True),
        Check("data", claims["data_digest"], True),
        Check("who", f"{who}, assurance {by.get('assurance')}", False),
        Check("surface", claims["surface"], False),
        Check("when", claims["decided_at"], True),
        Check("log", f"position {log['position']}, hash {log['hash']}", False),
    )


def _signature_of(body: Json) -> Json:
    result = body.get("result")
    if not isinstance(result, Mapping) or "signature" not in result:
        raise InvalidReceipt("There is no receipt: only an answered case has one.")
    signature = result["signature"]
    if not isinstance(signature, Mapping) or set(signature) != _SIGNATURE or set(result) != _RESULT:
        raise InvalidReceipt("The result has not the members of a signed one.")
    if not all(isinstance(value, str) for value in signature.values()):
        raise InvalidReceipt("The signature's members are not all text.")
    return signature


def _claims(receipt: Jws) -> Json:
    try:
        return jws.json_object(receipt.payload, noun="receipt")
    except ValueError as error:
        raise InvalidReceipt(str(error)) from error
