"""Audit records: appended to the log in the transaction that does what they record."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from openhitl.protocol.audit import AuditEvent
from openhitl.store.log import link
from openhitl.store.schema import log, log_head, log_payloads
from openhitl.store.statements import ENTRY_COLUMNS, PAYLOAD_COLUMNS

_LOCK_HEAD = select(log_head.c.position, log_head.c.hash, log_head.c.receipt_generation).with_for_update()


def lock_log(connection: Connection) -> None:
    """Let nobody else append until this transaction ends, so that what is read of the log stays the last."""
    connection.execute(_LOCK_HEAD)


def append_audit(connection: Connection, *events: AuditEvent) -> None:
    """Append records to the log. It locks the log's head: call it last in the transaction."""
    head = connection.execute(_LOCK_HEAD).one()
    links = link(
        (head.position, bytes(head.hash), head.receipt_generation), [(None, event) for event in events]
    )
    connection.execute(insert(log), [dict(zip(ENTRY_COLUMNS, entry, strict=True)) for entry in links.entries])
    connection.execute(
        insert(log_payloads), [dict(zip(PAYLOAD_COLUMNS, row, strict=True)) for row in links.payloads]
    )
    connection.execute(update(log_head).values(position=links.position, hash=links.hash))
