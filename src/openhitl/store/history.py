"""What has ended of what a person may answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from openhitl.protocol.case import Status
from openhitl.protocol.record import record
from openhitl.store.assignees import may_answer
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.schema import cases


@record(frozen=True, slots=True)
class EndedAt:
    """A place in a history, newest first: when a case ended, and which."""

    finished_at: datetime
    case_id: str


@record(frozen=True, slots=True, kw_only=True)
class Sought:
    """What somebody looks for in a history.

    Args:
        ended_by: only what this actor has ended; `not_ended_by`: only what somebody else has.
        since: only what ended at this instant or later.
    """

    status: Status | None = None
    type: str = ""
    ended_by: str = ""
    not_ended_by: str = ""
    since: datetime | None = None


class History(Part):
    """Histories. Raises, in every method: StoreError."""

    def ended_for(
        self, person_id: int, sought: Sought, *, after: EndedAt | None, limit: int
    ) -> Sequence[EndedAt]:
        """Name the cases that a person may have answered, the last that ended first, from `after` on."""
        conditions = [
            cases.c.finished_at.is_not(None),
            cases.c.purged.is_(False),
            cases.c.demo.is_(False),
            may_answer(bindparam("person")),
            *_conditions(sought),
        ]
        if after is not None:
            at = to_ms(after.finished_at)
            same = and_(cases.c.finished_at == at, cases.c.case_id < after.case_id)
            conditions.append(or_(cases.c.finished_at < at, same))
        query = select(cases.c.finished_at, cases.c.case_id).where(*conditions)
        query = query.order_by(cases.c.finished_at.desc(), cases.c.case_id.desc()).limit(limit)
        with self._database.reading() as connection:
            found = connection.execute(query, {"person": person_id})
            return [EndedAt(from_ms(row.finished_at), row.case_id) for row in found]


def _conditions(sought: Sought) -> list[ColumnElement[Any]]:
    given: list[ColumnElement[Any]] = []
    if sought.status is not None:
        given.append(cases.c.status == sought.status.value)
    if sought.type:
        given.append(cases.c.type == sought.type)
    if sought.ended_by:
        given.append(cases.c.ended_by == sought.ended_by)
    if sought.not_ended_by:
        given.append(cases.c.ended_by != sought.not_ended_by)
    if sought.since is not None:
        given.append(cases.c.finished_at >= to_ms(sought.since))
    return given
