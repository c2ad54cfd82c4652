"""Questions that may be asked again: which case the same question joins, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, select, update

from openhitl.protocol.case import Status
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.part import Part
from openhitl.store.schema import cases, request_keys

#: How long an answer that was handed to nobody is still the answer to the same question.
KEPT = timedelta(hours=1)
_FIND: Select[Any] = (
    select(
        request_keys.c.case_key,
        request_keys.c.told_at,
        request_keys.c.is_form,
        cases.c.status,
        cases.c.finished_at,
        cases.c.expires_at,
    )
    .outerjoin(
        cases,
        and_(cases.c.agent_id == request_keys.c.agent_id, cases.c.idempotency_key == request_keys.c.case_key),
    )
    .where(request_keys.c.agent_id == bindparam("of_agent"), request_keys.c.digest == bindparam("of_digest"))
)


class RequestKeys(Part):
    """Keys of questions. Raises, in every method: StoreError."""

    def case_key(self, agent_id: int, digest: bytes, fresh: str, *, is_form: bool, now: datetime) -> str:
        """Return the idempotency key with which a question joins its case while it lives, else makes one.

        All who ask at once get the same. `fresh` is the key of the case to be made, never used before;
        `is_form` says whether that asks for a form, whose answer lives until the deadline.
        """
        asked = {"of_agent": agent_id, "of_digest": digest}
        with self._database.reading() as connection:
            row = connection.execute(_FIND, asked).one_or_none()
        if row is not None and not _is_over(row, now):
            return str(row.case_key)
        values = {"agent_id": agent_id, "digest": digest, "case_key": fresh, "is_form": is_form}
        ours = (request_keys.c.agent_id == agent_id, request_keys.c.digest == digest)
        with self._database.writing() as connection:
            if row is not None:  # whoever else has found that it is over may have been faster
                gone = delete(request_keys).where(*ours, request_keys.c.case_key == row.case_key)
                connection.execute(gone)
            # Made or found by one statement: between two, somebody could delete what another one made.
            made = self._database.insert(request_keys).values(values)
            joined = made.on_conflict_do_update(
                index_elements=[request_keys.c.agent_id, request_keys.c.digest], set_={"digest": digest}
            )
            return str(connection.execute(joined.returning(request_keys.c.case_key)).scalar_one())

    def end_request_key(self, agent_id: int, case_id: str, now: datetime) -> bool:
        """Note that an agent was told the end of its case; return False if it has no such case that ended.

        A case that was asked without a key has nothing to note.
        """
        asked = select(cases.c.idempotency_key, cases.c.finished_at).where(
            cases.c.case_id == case_id, cases.c.agent_id == agent_id
        )
        with self._database.writing() as connection:
            row = connection.execute(asked).one_or_none()
            if row is None or row.finished_at is None:
                return False
            told = (
                update(request_keys)
                .where(request_keys.c.agent_id == agent_id, request_keys.c.case_key == row.idempotency_key)
                .values(told_at=to_ms(now))
            )
            connection.execute(told)
        return True


def _is_over(row: Row[Any], now: datetime) -> bool:
    """Tell whether the same question would be a new one. A case that is not there is still to be made."""
    if row.told_at is not None:
        return True
    if row.status == Status.CANCELLED:
        return True
    if row.status != Status.COMPLETED:
        return False
    # Filling in a form is work: nobody does it twice while there is time to fetch it.
    kept = from_ms(row.expires_at) if row.is_form else from_ms(row.finished_at) + KEPT
    return kept <= now
