"""Checkpoints: signed statements that the log was so long and ended so. Kept elsewhere, they prove a cut.

A checkpoint is a compact JWS, signed with the key of the receipts of its time under a `typ` of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from openhitl.errors import InvalidCheckpoint
from openhitl.protocol import jws
from openhitl.protocol.audit_chain import HASH_BYTES
from openhitl.protocol.case import Json
from openhitl.protocol.jws import Jws
from openhitl.protocol.record import record

VERSION = 1
JWS_TYPE = "hitl-checkpoint+jws"
_NOUN = "checkpoint"
_CLAIMS = {"v": int, "instance": str, "position": int, "hash": str, "at": str}
_DIGESTED = {**_CLAIMS, "file": str}

#: Tells whether a JWS was signed with a public key of 32 bytes; for those who have the curve.
IsSigned = Callable[[bytes, Jws], bool]


@record(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a checkpoint states: that an installation's log ended at a position with a hash.

    `at` is as on the wire. `file` is the SHA-256 of an exported file up to its last line, if this
    checkpoint ends one. `key_id` names the key that it was signed with.
    """

    instance: str
    position: int
    hash: bytes
    at: str
    file: bytes | None = None
    key_id: str = ""


def claims_of(checkpoint: Checkpoint) -> Json:
    """Say what is to be signed."""
    claims = {
        "v": VERSION,
        "instance": checkpoint.instance,
        "position": checkpoint.position,
        "hash": checkpoint.hash.hex(),
        "at": checkpoint.at,
    }
    return claims if checkpoint.file is None else {**claims, "file": checkpoint.file.hex()}


def signing_input(checkpoint: Checkpoint, key_id: str) -> bytes:
    """Return the bytes to sign. RFC 7515 §5.1."""
    return jws.signing_input(claims_of(checkpoint), key_id=key_id, kind=JWS_TYPE)


def read_checkpoint(text: str, jwks: Json, is_signed: IsSigned) -> Checkpoint:
    """Verify a checkpoint with the keys of a JWKS. Raises: InvalidCheckpoint."""
    try:
        statement = jws.parse(text, kind=JWS_TYPE, noun=_NOUN)
        key = jws.public_key(jwks, statement.key_id)
        if not is_signed(key, statement):
            raise ValueError("The checkpoint was not signed with the key that it names.")
        return _stated(jws.json_object(statement.payload, noun=_NOUN), statement.key_id)
    except ValueError as error:
        raise InvalidCheckpoint(str(error)) from error


def _stated(claims: Json, key_id: str) -> Checkpoint:
    kinds = {name: type(value) for name, value in claims.items()}
    if kinds not in (_CLAIMS, _DIGESTED) or claims["v"] != VERSION:
        raise ValueError("The checkpoint is of a version that is not known here.")
    return Checkpoint(
        instance=claims["instance"],
        position=claims["position"],
        hash=digest_from(claims["hash"]),
        at=claims["at"],
        file=digest_from(claims["file"]) if "file" in claims else None,
        key_id=key_id,
    )


def digest_from(text: str) -> bytes:
    """Read a digest, spelled in lower-case hexadecimal. Raises: ValueError."""
    raw = bytes.fromhex(text)
    if raw.hex() != text or len(raw) != HASH_BYTES:
        raise ValueError("A digest is not spelled as one.")
    return raw
