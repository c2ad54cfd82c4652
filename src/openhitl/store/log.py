"""The log: entries without gaps in commit order, each bound to all before it by a hash.

What happened beside the cases is in the same chain: such an entry names no case and has the number 0.
Payload and salt lie in a table of their own, so that they can be deleted; see `protocol.audit_chain`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select

from openhitl.errors import LogBroken
from openhitl.protocol import jcs
from openhitl.protocol.audit import AuditEvent
from openhitl.protocol.audit_chain import GENESIS, Chain, Entry, entry_hash, payload_digest
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
    chain = Chain(position, GENESIS if before is None else bytes(before))
    try:
        for entry in entries(database, after=position, until=head.position):
            chain.follow(entry)
    except LogBroken:
        return chain.position + 1
    return None if (chain.position, chain.hash) == (head.position, bytes(head.hash)) else chain.position + 1


def entries(database: Database, *, after: int, until: int) -> Iterator[Entry]:
    """Yield what is in the log past a position up to another, in order, a page at a time.

    Raises: StoreError.
    """
    position = after
    while position < until:
        query = _LINKS.where(log.c.position > position, log.c.position <= until).limit(_PAGE)
        with database.reading() as connection:
            page = connection.execute(query).all()
        if not page:
            return
        yield from map(_entry, page)
        position = page[-1].position


def _entry(row: Any) -> Entry:
    """Return an entry as it is found, whatever somebody may have made of it."""
    missing = "" if row.case_ref is None else f"no case {row.case_ref}"
    return Entry(
        position=row.position,
        case_id=row.case_id or missing,
        seq=_number(row.seq),
        kind=_text(row.kind),
        at=_number(row.at),
        actor_kind=_text(row.actor_kind),
        actor_id=_text(row.actor),
        payload_digest=_bytes(row.payload_digest),
        hash=_bytes(row.hash),
        salt=None if row.salt is None else _bytes(row.salt),
        payload=None if row.payload is None else _text(row.payload),
    )


# SQLite keeps what it is given, whatever the column is for. What was never written there fails its hash.


def _number(value: Any) -> int:
    return value if isinstance(value, int) else -1


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else repr(value).encode()
