"""What agents told their people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select

from openhitl.protocol.case import Json
from openhitl.store.assignees import belongs_to
from openhitl.store.documents import VERSION, decode, encode
from openhitl.store.identity_schema import people
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.pushes import tell_of_notice
from openhitl.store.records import Notice
from openhitl.store.schema import notices

#: Under a name of its own, since whom an agent belongs to asks about people, too.
_hearer = people.alias("hearer")
_HEARERS: Select[Any] = (
    select(notices.c.id, _hearer.c.id)
    .select_from(notices.join(_hearer, belongs_to(notices.c.agent_id, _hearer.c.id)))
    .where(
        notices.c.id.in_(bindparam("numbers", expanding=True)),
        _hearer.c.id.in_(bindparam("person_ids", expanding=True)),
        _hearer.c.disabled_at.is_(None),
    )
)


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
        sealed_id: str | None = None,
    ) -> Notice:
        """Keep a notice; `agent` is who it is from, as people read it, `envelope` what only devices read."""
        body: dict[str, Any] = {"kind": kind, "message": message, "agent": agent}
        if envelope is not None:
            body |= {"envelope": envelope, "case_id": sealed_id}
        values = {"agent_id": agent_id, "v": VERSION, "body": encode(body), "created_at": to_ms(now)}
        with self._database.writing() as connection:
            added = insert(notices).values(values).returning(*notices.c)
            notice = notice_from(connection.execute(added).one())
            tell_of_notice(connection, notice.number, to_ms(now))
            return notice

    def notice(self, number: int) -> Notice | None:
        """Return a notice by number."""
        with self._database.reading() as connection:
            row = connection.execute(select(notices).where(notices.c.id == number)).one_or_none()
        return None if row is None else notice_from(row)

    def list_notices(self, agent_id: int, *, before: int | None = None, limit: int = 50) -> list[Notice]:
        """List an agent's notices, newest first; `before` is the last number of the page before."""
        query = select(notices).where(notices.c.agent_id == agent_id)
        if before is not None:
            query = query.where(notices.c.id < before)
        with self._database.reading() as connection:
            return [
                notice_from(row)
                for row in connection.execute(query.order_by(notices.c.id.desc()).limit(limit))
            ]

    def newest_notices(self, limit: int) -> Sequence[int]:
        """Number the newest notices of all agents, newest first."""
        query = select(notices.c.id).order_by(notices.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def notice_hearers(self, numbers: Sequence[int], person_ids: Sequence[int]) -> Sequence[tuple[int, int]]:
        """Say whom of these people which of these notices are for, as (number, person)."""
        given = {"numbers": list(numbers), "person_ids": list(person_ids)}
        with self._database.reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(_HEARERS, given)]


def notice_from(row: Row[Any]) -> Notice:
    """Return the notice of a row."""
    body = decode(row.body)
    return Notice(
        number=row.id,
        agent_id=row.agent_id,
        kind=body["kind"],
        message=body["message"],
        agent=body["agent"],
        envelope=body.get("envelope"),
        sealed_id=body.get("case_id"),
        created_at=from_ms(row.created_at),
    )
