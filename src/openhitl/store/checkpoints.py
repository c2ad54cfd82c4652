"""Checkpoints of the log, and the log as it is given out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from openhitl.protocol.audit_chain import GENESIS, Entry
from openhitl.protocol.record import record
from openhitl.store.instants import to_ms
from openhitl.store.log import entries
from openhitl.store.part import Part
from openhitl.store.schema import checkpoints, log, log_head

_PAGE = 500


@record(frozen=True, slots=True)
class LogEnd:
    """Where the log ends, and the generation of the key that receipts are signed with."""

    position: int
    hash: bytes
    generation: int


@record(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as it is kept: `statement` is the signed one, the others say where it belongs."""

    position: int
    hash: bytes
    statement: str


class Checkpoints(Part):
    """What is said about the log as a whole. Raises, in every method: StoreError."""

    def log_end(self) -> LogEnd:
        """Say where the log ends now."""
        query = select(log_head.c.position, log_head.c.hash, log_head.c.receipt_generation)
        with self._database.reading() as connection:
            row = connection.execute(query).one()
        return LogEnd(row.position, bytes(row.hash), row.receipt_generation)

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash of the entry at a position; of 0 what the first is chained to; None for none."""
        if not position:
            return GENESIS
        query = select(log.c.hash).where(log.c.position == position)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else bytes(found)

    def log_entries(self, *, after: int, until: int) -> Iterator[Entry]:
        """Yield the log past a position up to another, in order; a page of it at a time is in memory."""
        return entries(self._database, after=after, until=until)

    def newest_checkpoint(self) -> KeptCheckpoint | None:
        """Return the checkpoint of the largest position."""
        query = select(checkpoints).order_by(checkpoints.c.position.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else KeptCheckpoint(row.position, bytes(row.hash), row.statement)

    def checkpoints_between(self, position: int, last: int) -> Iterator[tuple[int, str]]:
        """Yield position and statement of the checkpoints past a position up to another, in order."""
        query = (
            select(checkpoints.c.position, checkpoints.c.statement)
            .where(checkpoints.c.position <= last)
            .order_by(checkpoints.c.position)
        )
        while True:
            with self._database.reading() as connection:
                page = connection.execute(query.where(checkpoints.c.position > position).limit(_PAGE)).all()
            yield from ((row.position, row.statement) for row in page)
            if len(page) < _PAGE:
                return
            position = page[-1].position

    def add_checkpoint(self, kept: KeptCheckpoint, *, at: datetime) -> None:
        """Keep a checkpoint; the first of a position stays."""
        values = {"position": kept.position, "hash": kept.hash, "at": to_ms(at), "statement": kept.statement}
        with self._database.writing() as connection:
            insert = self._database.insert(checkpoints).values(values)
            connection.execute(insert.on_conflict_do_nothing())
