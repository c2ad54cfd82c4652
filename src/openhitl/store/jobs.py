"""Jobs: what is still to be done in the world, taken by whoever has time, done at least once.

A job is taken by one UPDATE that writes a random lease, and ended by a statement that names the lease:
whoever took it too late, or was thought dead meanwhile, changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, select, update

from openhitl.protocol.lifecycle import AT_THE_END, Effect
from openhitl.protocol.record import record
from openhitl.store.instants import from_ms, maybe_from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.schema import cases, jobs

LEASE_BYTES = 12
MAX_ERROR_CHARACTERS = 500
ALL_KINDS = tuple(Effect)
_DESTINATIONS = (
    select(jobs.c.destination)
    .where(jobs.c.due_at <= bindparam("now_ms"), jobs.c.kind.in_(bindparam("kinds", expanding=True)))
    .distinct()
    .limit(bindparam("most"))
)
_LISTED: Select[Any] = (
    select(
        jobs.c.id,
        jobs.c.kind,
        func.coalesce(cases.c.case_id, "").label("case_id"),
        jobs.c.notice_id,
        jobs.c.destination,
        jobs.c.attempts,
        jobs.c.first_due_at,
        jobs.c.due_at,
        jobs.c.dead_at,
        jobs.c.last_error,
        jobs.c.lease,
    )
    .outerjoin(cases, cases.c.id == jobs.c.case_ref)
    .where(jobs.c.first_due_at.is_not(None))
    .order_by(jobs.c.id)
)


@record(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to do for a case, or for a notice (then `case_id` is empty), and how it stands.

    `destination` is the origin that it goes to. `due_at` is None once it was given up, at `dead_at`.
    `lease` is set for whoever has taken it; `attempts` counts those that failed.
    """

    job_id: int
    kind: Effect
    case_id: str
    destination: str
    attempts: int
    first_due_at: datetime
    due_at: datetime | None
    dead_at: datetime | None
    last_error: str | None
    lease: str | None
    notice_id: int | None = None


def _names(kinds: Collection[Effect]) -> list[str]:
    return [kind.value for kind in kinds]


def _job(row: Row[Any]) -> Job:
    return Job(
        job_id=row.id,
        kind=Effect(row.kind),
        case_id=row.case_id,
        destination=row.destination,
        attempts=row.attempts,
        first_due_at=from_ms(row.first_due_at),
        due_at=maybe_from_ms(row.due_at),
        dead_at=maybe_from_ms(row.dead_at),
        last_error=row.last_error,
        lease=row.lease,
        notice_id=row.notice_id,
    )


class Jobs(Part):
    """What there is to do. Raises, in every method: StoreError."""

    def due_destinations(self, now: datetime, limit: int, kinds: Collection[Effect] = ALL_KINDS) -> list[str]:
        """Name the places for which something of these kinds is due."""
        with self._database.reading() as connection:
            found = connection.execute(
                _DESTINATIONS, {"now_ms": to_ms(now), "most": limit, "kinds": _names(kinds)}
            )
            return list(found.scalars())

    def take_jobs(
        self,
        destination: str,
        now: datetime,
        until: datetime,
        limit: int,
        kinds: Collection[Effect] = ALL_KINDS,
    ) -> list[Job]:
        """Take what is due for one place, oldest first; it is due again at `until` if nothing happens."""
        lease = secrets.token_hex(LEASE_BYTES)
        due = (
            select(jobs.c.id)
            .where(
                jobs.c.destination == destination, jobs.c.due_at <= to_ms(now), jobs.c.kind.in_(_names(kinds))
            )
            .order_by(jobs.c.due_at, jobs.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            connection.execute(
                update(jobs).where(jobs.c.id.in_(due)).values(lease=lease, due_at=to_ms(until))
            )
            taken = _LISTED.where(jobs.c.destination == destination, jobs.c.lease == lease)
            return list(map(_job, connection.execute(taken)))

    def job_done(self, job: Job) -> bool:
        """Forget a job; return whether it was still ours."""
        query = delete(jobs).where(jobs.c.id == job.job_id, jobs.c.lease == job.lease)
        with self._database.writing() as connection:
            return connection.execute(query).rowcount == 1

    def put_job_off(self, job: Job, due_at: datetime, error: str | None) -> bool:
        """Have a job done later; with an `error` it counts as an attempt."""
        changes: dict[str, Any] = {"due_at": to_ms(due_at)}
        if error is not None:
            changes |= {"attempts": jobs.c.attempts + 1, "last_error": error[:MAX_ERROR_CHARACTERS]}
        return self._end_lease(job, changes)

    def give_job_up(self, job: Job, now: datetime, error: str) -> bool:
        """Have nobody do a job until it is replayed."""
        changes = {
            "attempts": jobs.c.attempts + 1,
            "last_error": error[:MAX_ERROR_CHARACTERS],
            "due_at": None,
            "dead_at": to_ms(now),
        }
        return self._end_lease(job, changes)

    def _end_lease(self, job: Job, changes: dict[str, Any]) -> bool:
        query = update(jobs).where(jobs.c.id == job.job_id, jobs.c.lease == job.lease)
        with self._database.writing() as connection:
            return connection.execute(query.values(lease=None, **changes)).rowcount == 1

    def list_jobs(self, *, dead: bool | None, after: int, limit: int) -> list[Job]:
        """List what is due or was given up, in the order it was made; `after` is the last id before.

        What people are told is not of it: a push that comes late is worth nothing.
        """
        query = _LISTED.where(jobs.c.id > after, jobs.c.kind.in_(_names(AT_THE_END))).limit(limit)
        if dead is not None:
            query = query.where(jobs.c.dead_at.is_not(None) if dead else jobs.c.dead_at.is_(None))
        with self._database.reading() as connection:
            return list(map(_job, connection.execute(query)))

    def replay_jobs(self, job_ids: Sequence[int] | None, now: datetime) -> int:
        """Have jobs that were given up (None: all of them) done again from now; return how many."""
        query = update(jobs).where(jobs.c.dead_at.is_not(None), jobs.c.kind.in_(_names(AT_THE_END)))
        if job_ids is not None:
            query = query.where(jobs.c.id.in_(job_ids))
        again = query.values(due_at=to_ms(now), first_due_at=to_ms(now), attempts=0, dead_at=None, lease=None)
        with self._database.writing() as connection:
            return connection.execute(again).rowcount
