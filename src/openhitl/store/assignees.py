"""Who may answer which case: the people it names, else those whom its agent belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, not_, or_, select

from openhitl.protocol.case import Status
from openhitl.protocol.people import Role
from openhitl.store.identity_schema import agent_owners, people
from openhitl.store.instants import to_ms
from openhitl.store.part import Part
from openhitl.store.schema import case_assignees, cases

#: Under a name of its own, so that it is never taken for the people of a query around it.
_enabled = people.alias("enabled")


def is_enabled_owner() -> ColumnElement[bool]:
    """Tell of each owner of an agent whether they may sign in."""
    return agent_owners.c.person_id.in_(select(_enabled.c.id).where(_enabled.c.disabled_at.is_(None)))


def may_answer(person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell of each case whether a person, by number, may answer it. Disabled owners are none."""
    of_case = case_assignees.c.case_ref == cases.c.id
    is_named = exists().where(of_case, case_assignees.c.person_id == person)
    return or_(is_named, and_(not_(exists().where(of_case)), belongs_to(cases.c.agent_id, person)))


def belongs_to(agent: ColumnElement[Any], person: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether an agent is a person's to answer: theirs, or for an owner also one that is nobody's."""
    of_agent = and_(agent_owners.c.agent_id == agent, is_enabled_owner())
    owns = exists().where(of_agent, agent_owners.c.person_id == person)
    looks_after_all = exists().where(people.c.id == person, people.c.role == Role.OWNER.value)
    return or_(owns, and_(not_(exists().where(of_agent)), looks_after_all))


_MAY: Select[Any] = select(cases.c.id).where(
    cases.c.case_id == bindparam("of_case"), may_answer(bindparam("person"))
)


class Assignees(Part):
    """Who may answer. Raises, in every method: StoreError."""

    def may_answer(self, case_id: str, person_id: int) -> bool:
        """Tell whether a person may answer a case."""
        with self._database.reading() as connection:
            found = connection.execute(_MAY, {"of_case": case_id, "person": person_id})
            return found.first() is not None

    def case_ids_for(
        self,
        person_id: int,
        *,
        is_open: bool | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[str]:
        """Name the cases that a person may answer, newest first.

        Args:
            is_open: only those that wait, or only those that have ended.
            before: the case_id at which the page before this one ended.
        """
        query = select(cases.c.case_id).where(
            may_answer(bindparam("person")), cases.c.demo.is_(False), cases.c.purged.is_(False)
        )
        final = [status.value for status in Status if status.is_final]
        if is_open is not None:
            query = query.where(cases.c.status.not_in(final) if is_open else cases.c.status.in_(final))
        if since is not None:
            query = query.where(cases.c.created_at >= to_ms(since))
        if before is not None:
            query = query.where(cases.c.case_id < before)
        with self._database.reading() as connection:
            found = connection.execute(
                query.order_by(cases.c.case_id.desc()).limit(limit), {"person": person_id}
            )
            return list(found.scalars())
