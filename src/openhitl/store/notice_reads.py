"""Notices as the people read them whom they are for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, literal, not_, select

from openhitl.store.assignees import belongs_to
from openhitl.store.identity_schema import agent_mutes, notice_reads
from openhitl.store.instants import to_ms
from openhitl.store.notices import notice_from
from openhitl.store.part import Part
from openhitl.store.records import Notice
from openhitl.store.schema import notices

_PERSON: ColumnElement[Any] = bindparam("person")
_is_read = exists().where(notice_reads.c.notice_id == notices.c.id, notice_reads.c.person_id == _PERSON)
_is_muted = exists().where(agent_mutes.c.agent_id == notices.c.agent_id, agent_mutes.c.person_id == _PERSON)
_IS_THEIRS: ColumnElement[bool] = belongs_to(notices.c.agent_id, _PERSON)
_UNREAD: Select[Any] = select(notices.c.id).where(_IS_THEIRS, not_(_is_read))
_COUNT: Select[Any] = select(func.count()).select_from(
    _UNREAD.where(not_(_is_muted)).limit(bindparam("most")).subquery()
)


class NoticeReads(Part):
    """What people have read of what they were told. Raises, in every method: StoreError."""

    def notices_for(self, person_id: int, *, before: int | None, limit: int) -> Sequence[tuple[Notice, bool]]:
        """List the notices that are for a person, newest first, and whether they have read each."""
        query = select(notices, _is_read.label("is_read")).where(_IS_THEIRS)
        if before is not None:
            query = query.where(notices.c.id < before)
        query = query.order_by(notices.c.id.desc()).limit(limit)
        with self._database.reading() as connection:
            found = connection.execute(query, {"person": person_id})
            return [(notice_from(row), bool(row.is_read)) for row in found]

    def count_unread(self, person_id: int, most: int) -> int:
        """Count what a person has not read, but no further than `most`; muted agents are left out."""
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT, {"person": person_id, "most": most}).scalar_one())

    def mark_read(self, person_id: int, *, until: int, now: datetime) -> None:
        """Note that a person has read all that was for them up to a number."""
        unread = select(literal(person_id), notices.c.id, literal(to_ms(now))).where(
            and_(_IS_THEIRS, not_(_is_read), notices.c.id <= until)
        )
        columns = [notice_reads.c.person_id, notice_reads.c.notice_id, notice_reads.c.read_at]
        added = self._database.insert(notice_reads).from_select(columns, unread).on_conflict_do_nothing()
        with self._database.writing() as connection:
            connection.execute(added, {"person": person_id})
