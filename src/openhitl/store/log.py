"""The log: entries without gaps in commit order, each bound to all before it by a hash.

`hash = SHA-256(previous hash ‖ JCS(entry))`, where the entry holds its position, the case, the
event's number, kind and instant, who did it, and the digest of the payload. What happened beside the
cases is in the same chain: such an entry names no case and has the number 0. The digest is salted, and
payload and salt lie in a table of their own: they can be deleted without breaking the chain, and
nobody can guess from the digest what was there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring as _quoted
from typing import Any

from sqlalchemy import Select, select

from openhitl.protocol import jcs
from openhitl.protocol.audit import AuditEvent
from openhitl.protocol.case import Actor, ActorKind, Assurance, Json
from openhitl.protocol.lifecycle import Event, EventKind
from openhitl.protocol.receipts import LogPlace
from openhitl.protocol.wire import plain_data
from openhitl.store.documents import VERSION, decode
from openhitl.store.engine import Database
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.schema import cases, log, log_head, log_payloads
from openhitl.store.statements import Row

SALT_BYTES = 16
#: What the first entry is chained to.
GENESIS = bytes(32)
#: The member of an answer's payload that numbers the key of its receipt.
RECEIPT_KEY = "receipt_key"
_PAGE = 1_000
_LINKS: Select[Any] = (
    select(log, cases.c.case_id, log_payloads.c.salt, log_payloads.c.payload)
    .outerjoin(cases, cases.c.id == log.c.case_ref)
    .outerjoin(log_payloads, log_payloads.c.position == log.c.position)
    .order_by(log.c.position)
)


@dataclass(slots=True)
class Links:
    """Rows to append to the log, and where it ends then. `generation` is of the key for receipts."""

    position: int
    hash: bytes
    generation: int
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    payloads: list[tuple[Any, ...]] = field(default_factory=list)


def link(
    head: tuple[int, bytes, int], events: Sequence[tuple[int, Event] | tuple[None, AuditEvent]]
) -> Links:
    """Chain events, each with the number of its case's row, to the log.

    `head` is the log's last position and hash, and the generation of the key that signs receipts.
    """
    links = Links(*head)
    salts = os.urandom(SALT_BYTES * len(events))
    for index, (case_ref, event) in enumerate(events):
        salt = salts[index * SALT_BYTES : (index + 1) * SALT_BYTES]
        payload = _payload(event, links.generation)
        digest = payload_digest(salt, payload)
        at = to_ms(event.at)
        links.position += 1
        row = (links.position, event.case_id, event.seq, event.kind.value, at)
        who = (event.actor.kind.value, event.actor.id)
        links.hash = entry_hash(links.hash, row, who, digest)
        links.entries.append((links.position, case_ref, *row[2:], *who, digest, links.hash))
        links.payloads.append((links.position, VERSION, salt, payload.decode()))
    return links


def entry_hash(previous: bytes, row: Row, who: Row, digest: bytes) -> bytes:
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


def _payload(event: Event | AuditEvent, generation: int) -> bytes:
    """Spell what may be deleted again, as RFC 8785 has it, instants as on the wire.

    With an answer it says which key signs the receipt.
    """
    actor = event.actor
    who = {"assurance": actor.assurance.value, "name": actor.name, "surface": actor.surface}
    payload: dict[str, Any] = {"actor": who, "data": plain_data(event.data)}
    if event.kind is EventKind.COMPLETED:
        payload[RECEIPT_KEY] = generation
    return jcs.canonical(payload)


def place_from(row: Row) -> LogPlace:
    """Return the place of position, hash, actor_kind, actor and payload.

    Answers from before there were receipts name no key: they get the first.
    """
    position, entry, actor_kind, actor_id, payload = row
    known = decode(payload)
    return LogPlace(
        position=position,
        hash=bytes(entry),
        generation=known.get(RECEIPT_KEY, 0),
        actor=_actor_from(actor_kind, actor_id, known["actor"]),
    )


def event_from(row: Row) -> Event:
    """Return the event of case_id, seq, kind, at, actor_kind, actor and payload.

    Where the payload was purged, the data holds the case's id alone.
    """
    case_id, seq, kind, at, actor_kind, actor_id, payload = row
    known = decode(payload) if payload is not None else {"actor": {}, "data": {"case_id": case_id}}
    return Event(
        case_id=case_id,
        seq=seq,
        kind=EventKind(kind),
        at=from_ms(at),
        actor=_actor_from(actor_kind, actor_id, known["actor"]),
        data=known["data"],
    )


def _actor_from(kind: str, actor_id: str, who: Json) -> Actor:
    return Actor(
        kind=ActorKind(kind),
        id=actor_id,
        assurance=Assurance(who.get("assurance", Assurance.LINK)),
        surface=who.get("surface", "api"),
        name=who.get("name"),
    )


def first_broken(database: Database, *, newest: int | None = None) -> int | None:
    """Check the log; return the first position that is not what was written, None if all is.

    `newest` leaves out all but so many entries at the end. A position past the last entry means that
    entries are missing at the end. Raises: StoreError.
    """
    with database.reading() as connection:
        head = connection.execute(select(log_head.c.position, log_head.c.hash)).one()
        position = 0 if newest is None else max(0, head.position - newest)
        before = connection.execute(select(log.c.hash).where(log.c.position == position)).scalar()
    if before is None and position:
        return position
    previous = GENESIS if before is None else bytes(before)
    while position < head.position:
        with database.reading() as connection:
            page = connection.execute(_LINKS.where(log.c.position > position).limit(_PAGE)).all()
        if not page:
            return position + 1
        for row in page[: head.position - position]:
            position += 1
            if not _holds(row, position, previous):
                return position
            previous = bytes(row.hash)
    return None if previous == bytes(head.hash) else position + 1


def _holds(row: Any, position: int, previous: bytes) -> bool:
    case_id = "" if row.case_ref is None else row.case_id
    if row.position != position or case_id is None:
        return False
    digest = bytes(row.payload_digest)
    if row.payload is not None and payload_digest(bytes(row.salt), row.payload.encode()) != digest:
        return False
    fields = (row.position, case_id, row.seq, row.kind, row.at)
    return entry_hash(previous, fields, (row.actor_kind, row.actor), digest) == bytes(row.hash)
