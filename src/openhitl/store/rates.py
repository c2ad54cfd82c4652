"""How often something may be done: leaky buckets of one number each, right on every node at once.

The number is the instant at which a bucket that leaks steadily would be empty again; taking adds to it. The
generic cell rate algorithm, ITU-T I.371 annex A.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Executable, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite

from openhitl.store.engine import POSTGRESQL
from openhitl.store.identity_schema import rate_buckets
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.stale import delete_some

_NOW = bindparam("now", type_=BigInteger)
_STEP = bindparam("step", type_=BigInteger)
_MOST = bindparam("most", type_=BigInteger)
_FROM = case((rate_buckets.c.full_at > _NOW, rate_buckets.c.full_at), else_=_NOW)
_WHEN = select(rate_buckets.c.full_at).where(rate_buckets.c.name == bindparam("bucket"))


def _taking(kind: str) -> Executable:
    insert = (postgresql.insert if kind == POSTGRESQL else sqlite.insert)(rate_buckets)
    return (
        insert.values(name=bindparam("bucket"), full_at=_NOW + _STEP)
        .on_conflict_do_update(
            index_elements=[rate_buckets.c.name],
            set_={"full_at": _FROM + _STEP},
            where=_FROM + _STEP <= _NOW + _MOST,
        )
        .returning(rate_buckets.c.full_at)
    )


_TAKING = {kind: _taking(kind) for kind in (POSTGRESQL, "sqlite")}


class Rates(Part):
    """Counts what must not be done too often. Raises, in every method: StoreError."""

    def take(self, name: str, *, every: timedelta, burst: int, now: datetime) -> timedelta | None:
        """Do something once more, if it may be; return None, or how long to wait first.

        Args:
            name: what is counted and whose it is, as in `sign-in:192.0.2.7`.
            every: how often it may be done in the long run; at least a millisecond.
            burst: how often at once, from 1.
        """
        step = every // timedelta(milliseconds=1)
        values = {"bucket": name, "now": to_ms(now), "step": step, "most": step * burst}
        with self._database.writing() as connection:
            if connection.execute(_TAKING[self._database.kind], values).scalar() is not None:
                return None
            full_at: int | None = connection.execute(_WHEN, {"bucket": name}).scalar()
        # Nobody counts it any more if the row went away in between.
        return timedelta(0) if full_at is None else from_ms(full_at) + every - every * burst - now

    def forget_rates(self, now: datetime, limit: int) -> int:
        """Delete buckets that count nothing any more; return how many, at most `limit`."""
        is_idle = rate_buckets.c.full_at <= to_ms(now)
        with self._database.writing() as connection:
            return delete_some(connection, rate_buckets.c.name, is_idle, limit=limit)
