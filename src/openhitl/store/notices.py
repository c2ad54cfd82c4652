"""What agents told their people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select

from openhitl.protocol.case import Json
from openhitl.store.documents import VERSION, decode, encode
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.records import Notice
from openhitl.store.schema import notices


class Notices(Part):
    """Notices. Raises, in every method: StoreError."""

    def add_notice(
        self,
        agent_id: int,
        kind: str,
        message: str,
        agent: str,
        now: datetime,
        *,
        envelope: str | Json | None = None,
    ) -> Notice:
        """Keep a notice; `agent` is who it is from, as people read it, `envelope` what only devices read."""
        body: dict[str, Any] = {"kind": kind, "message": message, "agent": agent}
        if envelope is not None:
            body["envelope"] = envelope
        values = {"agent_id": agent_id, "v": VERSION, "body": encode(body), "created_at": to_ms(now)}
        with self._database.writing() as connection:
            added = insert(notices).values(values).returning(*notices.c)
            return _notice(connection.execute(added).one())

    def list_notices(self, agent_id: int, *, before: int | None = None, limit: int = 50) -> list[Notice]:
        """List an agent's notices, newest first; `before` is the last number of the page before."""
        query = select(notices).where(notices.c.agent_id == agent_id)
        if before is not None:
            query = query.where(notices.c.id < before)
        with self._database.reading() as connection:
            return [
                _notice(row) for row in connection.execute(query.order_by(notices.c.id.desc()).limit(limit))
            ]


def _notice(row: Row[Any]) -> Notice:
    body = decode(row.body)
    return Notice(
        number=row.id,
        agent_id=row.agent_id,
        kind=body["kind"],
        message=body["message"],
        agent=body["agent"],
        envelope=body.get("envelope"),
        created_at=from_ms(row.created_at),
    )
