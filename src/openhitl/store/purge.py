"""Deletes what is past its retention; the log stays verifiable without it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from openhitl.store.engine import Database
from openhitl.store.identity_schema import handed_keys, push_deliveries
from openhitl.store.instants import to_ms
from openhitl.store.schema import (
    answers,
    case_assignees,
    cases,
    contents,
    drafts,
    jobs,
    log,
    log_payloads,
    request_keys,
    spent_proofs,
    tokens,
)

_OF_CASES = (
    contents,
    answers,
    drafts,
    tokens,
    jobs,
    spent_proofs,
    case_assignees,
    push_deliveries,
    handed_keys,
)


def purge(database: Database, before: datetime, limit: int) -> int:
    """Delete what belongs to cases that ended before an instant, with the payloads of their log entries.

    What stays is the row of the case and its links of the log, none of which holds anybody's words.
    Returns: how many cases, at most `limit`; those that somebody is writing at the moment are left
    for the next time. Raises: StoreError.
    """
    ended = (
        select(cases.c.id)
        .where(cases.c.finished_at < to_ms(before), cases.c.finished_at.is_not(None), ~cases.c.purged)
        .order_by(cases.c.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with database.writing() as connection:
        refs = connection.execute(ended).scalars().all()
        if not refs:
            return 0
        positions = select(log.c.position).where(log.c.case_ref.in_(refs))
        connection.execute(delete(log_payloads).where(log_payloads.c.position.in_(positions)))
        keys = select(cases.c.idempotency_key).where(cases.c.id.in_(refs))
        connection.execute(delete(request_keys).where(request_keys.c.case_key.in_(keys)))
        for table in _OF_CASES:
            connection.execute(delete(table).where(table.c.case_ref.in_(refs)))
        connection.execute(
            update(cases)
            .where(cases.c.id.in_(refs))
            .values(
                purged=True,
                reason=None,
                progress=None,
                submission_id=None,
                ended_by=None,
                idempotency_key=None,
                request_digest=None,
            )
        )
    return len(refs)
