"""The state of a case as a row of `cases`, and back."""

from __future__ import annotations

from typing import Any

from openhitl.protocol.case import Assurance, DefaultAction, ReviewCase, Status
from openhitl.store.documents import decode, encode, progress_from, progress_text
from openhitl.store.instants import from_ms, maybe_from_ms, maybe_ms, to_ms
from openhitl.store.statements import Row


def fixed(ref: int, case: ReviewCase, previous_ref: int | None) -> tuple[Any, ...]:
    """Return the values of a case that never change."""
    return (
        ref,
        case.case_id,
        case.agent_id,
        case.type,
        to_ms(case.created_at),
        to_ms(case.expires_at),
        case.default_action.value,
        case.assurance.value,
        case.demo,
        case.calls_back,
        previous_ref,
    )


def changing(case: ReviewCase, next_ref: int | None) -> tuple[Any, ...]:
    """Return the values of a case that change."""
    return (
        case.status.value,
        case.version,
        case.seq,
        maybe_ms(case.opened_at),
        maybe_ms(case.finished_at),
        case.reason,
        encode([to_ms(instant) for instant in case.reminders]) if case.reminders else None,
        maybe_ms(case.reminder_sent_at),
        case.draft_version,
        progress_text(case.progress),
        case.submission_id,
        case.ended_by,
        maybe_ms(case.wake_at),
        next_ref,
    )


def case_from(row: Row, previous_case_id: str | None, next_case_id: str | None) -> ReviewCase:
    """Return the state that a row in the order of `statements.STATE_COLUMNS` holds."""
    (_ref, case_id, agent_id, type_, created_at, expires_at, default_action, assurance) = row[:8]
    (demo, calls_back, _previous_ref, status, version, seq, opened_at, finished_at, reason) = row[8:17]
    (reminders, reminder_sent_at, draft_version, progress, submission_id, ended_by) = row[17:23]
    return ReviewCase(
        case_id=case_id,
        agent_id=agent_id,
        type=type_,
        status=Status(status),
        created_at=from_ms(created_at),
        expires_at=from_ms(expires_at),
        default_action=DefaultAction(default_action),
        version=version,
        seq=seq,
        assurance=Assurance(assurance),
        demo=bool(demo),
        calls_back=bool(calls_back),
        opened_at=maybe_from_ms(opened_at),
        finished_at=maybe_from_ms(finished_at),
        reason=reason,
        reminders=tuple(map(from_ms, decode(reminders))) if reminders else (),
        reminder_sent_at=maybe_from_ms(reminder_sent_at),
        draft_version=draft_version,
        progress=progress_from(progress),
        previous_case_id=previous_case_id,
        next_case_id=next_case_id,
        submission_id=submission_id,
        ended_by=ended_by,
    )
