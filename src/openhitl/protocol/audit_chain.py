"""The chain that the log is: each entry bound to all before it by a hash, and how that is checked.

`hash = SHA-256(previous hash ‖ JCS(entry))`, where the entry holds its position, the case, the event's
number, kind and instant, who did it, and the digest of the payload. The digest is salted: payload and
salt can be deleted without breaking the chain, and nobody can guess from the digest what was there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from json.encoder import encode_basestring as _quoted
from typing import Any

from openhitl.errors import LogBroken
from openhitl.protocol.record import record

#: What the first entry is chained to.
GENESIS = bytes(32)
HASH_BYTES = 32


@record(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is found. `at` is in milliseconds since the epoch.

    `case_id` is empty for what happened beside the cases; salt and payload are None once purged.
    """

    position: int
    case_id: str
    seq: int
    kind: str
    at: int
    actor_kind: str
    actor_id: str
    payload_digest: bytes
    hash: bytes
    salt: bytes | None
    payload: str | None


def entry_hash(previous: bytes, row: Sequence[Any], who: Sequence[Any], digest: bytes) -> bytes:
    """Return the hash of an entry.

    `row` is position, case_id, seq, kind and milliseconds since the epoch; `who` is the actor's kind
    and id.
    """
    position, case_id, seq, kind, at = row
    actor_kind, actor_id = who
    # RFC 8785 of an object whose members are known: in order, no spaces, text escaped as in JSON.
    entry = (
        f'{{"actor":{{"id":{_quoted(actor_id)},"kind":{_quoted(actor_kind)}}},"at":{at},'
        f'"case":{_quoted(case_id)},"kind":{_quoted(kind)},"payload_digest":"{digest.hex()}",'
        f'"position":{position},"seq":{seq}}}'
    )
    return hashlib.sha256(previous + entry.encode()).digest()


def payload_digest(salt: bytes, payload: bytes) -> bytes:
    """Return the digest of a payload, which tells nothing without the salt."""
    return hashlib.sha256(salt + payload).digest()


class Chain:
    """Follows entries from a known place on; `position` and `hash` are of the last entry that held."""

    def __init__(self, position: int = 0, hash: bytes = GENESIS) -> None:
        self.position = position
        self.hash = hash

    def follow(self, entry: Entry) -> None:
        """Go on to the next entry. Raises: LogBroken at the first position that is not what was written."""
        expected = self.position + 1
        if entry.position != expected:
            is_later = entry.position > expected
            raise LogBroken(
                "Entries are missing." if is_later else "An entry stands twice, or out of order.",
                position=expected,
            )
        if not _payload_holds(entry):
            raise LogBroken("The payload is not the one that was written.", position=expected)
        row = (expected, entry.case_id, entry.seq, entry.kind, entry.at)
        who = (entry.actor_kind, entry.actor_id)
        if entry_hash(self.hash, row, who, entry.payload_digest) != entry.hash:
            raise LogBroken("The entry does not follow on those before it.", position=expected)
        self.position, self.hash = expected, entry.hash


def _payload_holds(entry: Entry) -> bool:
    if entry.salt is None or entry.payload is None:
        return entry.salt is None and entry.payload is None
    return payload_digest(entry.salt, entry.payload.encode()) == entry.payload_digest
