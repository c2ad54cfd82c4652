"""What waits for people, and who of them is concerned by what happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from openhitl.store.assignees import may_answer
from openhitl.store.identity_schema import people
from openhitl.store.part import Part
from openhitl.store.schema import cases

#: Whatever is open has a next wake-up, and there is an index of those.
_OPEN = (
    cases.c.wake_at.is_not(None),
    cases.c.demo.is_(False),
    cases.c.purged.is_(False),
    may_answer(bindparam("person")),
)
_WAITING: Select[Any] = (
    select(cases.c.case_id).where(*_OPEN).order_by(cases.c.expires_at, cases.c.id).limit(bindparam("most"))
)
_COUNT: Select[Any] = select(func.count()).select_from(cases).where(*_OPEN)
#: Under a name of its own, since who may answer asks about people, too.
_hearer = people.alias("hearer")
_HEARERS: Select[Any] = (
    select(cases.c.case_id, _hearer.c.id)
    .select_from(cases.join(_hearer, may_answer(_hearer.c.id)))
    .where(
        cases.c.case_id.in_(bindparam("case_ids", expanding=True)),
        cases.c.demo.is_(False),
        _hearer.c.id.in_(bindparam("person_ids", expanding=True)),
        _hearer.c.disabled_at.is_(None),
    )
)


class Waiting(Part):
    """What waits for whom. Raises, in every method: StoreError."""

    def waiting_for(self, person_id: int, limit: int) -> Sequence[str]:
        """Name the open cases that a person may answer, the next deadline first."""
        with self._database.reading() as connection:
            return list(connection.execute(_WAITING, {"person": person_id, "most": limit}).scalars())

    def count_waiting(self, person_id: int) -> int:
        """Count the open cases that a person may answer."""
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT, {"person": person_id}).scalar_one())

    def hearers(self, case_ids: Sequence[str], person_ids: Sequence[int]) -> Sequence[tuple[str, int]]:
        """Say who of these people may answer which of these cases, as (case_id, person)."""
        given = {"case_ids": list(case_ids), "person_ids": list(person_ids)}
        with self._database.reading() as connection:
            return [(row[0], row[1]) for row in connection.execute(_HEARERS, given)]
