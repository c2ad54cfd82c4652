"""What the doors, the feed and the jobs read. Each call sees one consistent state of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select

from openhitl.keyring import Keyring
from openhitl.protocol.case import Status
from openhitl.protocol.lifecycle import Event
from openhitl.store import rows
from openhitl.store.documents import answer_from, content_from, decode
from openhitl.store.engine import Database
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.log import event_from, place_from
from openhitl.store.part import Part
from openhitl.store.records import Draft, LogEntry, StoredCase, TokenRow
from openhitl.store.schema import answers, cases, contents, drafts, log, log_head, log_payloads, tokens
from openhitl.store.statements import STATE_COLUMNS, state_columns

_WIDTH = len(STATE_COLUMNS)
_previous = cases.alias("previous")
_next = cases.alias("next")
_PLACE = (log.c.position, log.c.hash, log.c.actor_kind, log.c.actor, log_payloads.c.payload)
_STORED: Select[Any] = (
    select(
        *state_columns(),
        _previous.c.case_id,
        _next.c.case_id,
        contents.c.body,
        answers.c.body,
        answers.c.sealed,
        *_PLACE,
    )
    .join(contents, contents.c.case_ref == cases.c.id)
    .outerjoin(answers, answers.c.case_ref == cases.c.id)
    .outerjoin(_previous, _previous.c.id == cases.c.previous_ref)
    .outerjoin(_next, _next.c.id == cases.c.next_ref)
    # An answer is the last that happens to a case; without one the log is not looked at.
    .outerjoin(log, and_(log.c.case_ref == answers.c.case_ref, log.c.seq == cases.c.seq))
    .outerjoin(log_payloads, log_payloads.c.position == log.c.position)
)
_LOAD = _STORED.where(cases.c.case_id.in_(bindparam("case_ids", expanding=True)))
_TOKEN = (
    select(tokens.c.purpose, tokens.c.generation)
    .join(cases, cases.c.id == tokens.c.case_ref)
    .where(cases.c.case_id == bindparam("of_case"), tokens.c.hash == bindparam("token_hash"))
)
_LOGGED: Select[Any] = (
    select(
        log.c.position,
        cases.c.case_id,
        log.c.seq,
        log.c.kind,
        log.c.at,
        log.c.actor_kind,
        log.c.actor,
        log_payloads.c.payload,
    )
    .outerjoin(cases, cases.c.id == log.c.case_ref)
    .outerjoin(log_payloads, log_payloads.c.position == log.c.position)
)
_EVENTS = _LOGGED.where(cases.c.case_id == bindparam("of_case"), log.c.seq > bindparam("after_seq")).order_by(
    log.c.seq
)
_LOG_SINCE = (
    _LOGGED.where(log.c.position > bindparam("after_position"))
    .order_by(log.c.position)
    .limit(bindparam("most"))
)
_HEAD = select(log_head.c.position)
_GENERATION = select(log_head.c.receipt_generation)
_DUE = (
    select(cases.c.case_id)
    .where(cases.c.wake_at <= bindparam("now_ms"))
    .order_by(cases.c.wake_at)
    .limit(bindparam("most"))
)
_DRAFT = (
    select(drafts.c.body, drafts.c.version, drafts.c.saved_at)
    .join(cases, cases.c.id == drafts.c.case_ref)
    .where(cases.c.case_id == bindparam("of_case"))
)


class Reads(Part):
    """Queries that change nothing; from any thread. Raises, in every method: StoreError."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        super().__init__(database)
        self._keyring = keyring

    def load(self, case_id: str) -> StoredCase | None:
        """Read a case with all that belongs to it; None if there is none or it was purged."""
        return self.load_many([case_id]).get(case_id)

    def load_many(self, case_ids: Sequence[str]) -> dict[str, StoredCase]:
        """Read several cases, by case_id; those that are not there are left out."""
        found = map(self._stored, self._all(_LOAD, case_ids=list(case_ids)))
        return {stored.case.case_id: stored for stored in found}

    def list_cases(
        self,
        agent_id: int,
        *,
        status: Status | None = None,
        type: str | None = None,
        since: datetime | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[StoredCase]:
        """List an agent's cases, newest first.

        Args:
            since: only cases created at this instant or later.
            before: the case_id at which the page before this one ended.
        """
        query = _STORED.where(cases.c.agent_id == agent_id)
        if status is not None:
            query = query.where(cases.c.status == status.value)
        if type is not None:
            query = query.where(cases.c.type == type)
        if since is not None:
            query = query.where(cases.c.created_at >= to_ms(since))
        if before is not None:
            query = query.where(cases.c.case_id < before)
        return [self._stored(row) for row in self._all(query.order_by(cases.c.case_id.desc()).limit(limit))]

    def find_token(self, case_id: str, token_hash: bytes) -> TokenRow | None:
        """Say what a token of a case is for; None if it is not one of its tokens."""
        for row in self._all(_TOKEN, of_case=case_id, token_hash=token_hash):
            return TokenRow(case_id=case_id, purpose=row.purpose, generation=row.generation)
        return None

    def events(self, case_id: str, after_seq: int) -> list[Event]:
        """Read the events of a case past a number, in order; their data is JSON-ready."""
        found = self._all(_EVENTS, of_case=case_id, after_seq=after_seq)
        return [event_from(row[1:]) for row in found]

    def log_since(self, position: int, limit: int) -> list[LogEntry]:
        """Read the log past a position, in order, at most `limit` entries, audit records among them."""
        found = self._all(_LOG_SINCE, after_position=position, most=limit)
        return [
            LogEntry(position=row[0], event=event_from(row[1:]) if row.case_id is not None else None)
            for row in found
        ]

    def receipt_generation(self) -> int:
        """Number the key that receipts are signed with now; those before it count from 0."""
        return int(self._all(_GENERATION)[0][0])

    def head(self) -> int:
        """Return the last position of the log; 0 if it is empty."""
        return int(self._all(_HEAD)[0][0])

    def due(self, now: datetime, limit: int) -> list[str]:
        """Name open cases for which the clock has something to do, the longest overdue first."""
        return [row[0] for row in self._all(_DUE, now_ms=to_ms(now), most=limit)]

    def draft(self, case_id: str) -> Draft | None:
        """Read what the human has typed so far."""
        for row in self._all(_DRAFT, of_case=case_id):
            return Draft(values=decode(row.body), version=row.version, saved_at=from_ms(row.saved_at))
        return None

    def _all(self, query: Select[Any], **parameters: Any) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(query, parameters).all()

    def _stored(self, row: Sequence[Any]) -> StoredCase:
        previous, following, content, answer, sealed, *place = row[_WIDTH:]
        case = rows.case_from(row[:_WIDTH], previous, following)
        opened = None
        if sealed is not None:
            opened = self._keyring.unseal(sealed, bound_to=f"answer:{case.case_id}")
        return StoredCase(
            case=case,
            content=content_from(content),
            answer=answer_from(answer, opened) if answer is not None else None,
            place=place_from(place) if place[-1] is not None else None,
        )
