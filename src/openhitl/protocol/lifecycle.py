"""The life of a review case: a table of transitions and the one function that decides.

Nothing here reads a clock or draws a random number: `now` is an argument, ids are in the commands.

The transition table is HITL v0.8 §8 "Status Machine" with two edges that its diagram does not
draw. `pending -> completed`: the prose allows a service that does not track openings to go straight
to any terminal state, and an inline submit opens no page. `in_progress -> expired`: an in-progress
case still carries `expires_at`, and the deadline is a promise to the agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from openhitl.errors import (
    CallerError,
    CaseCancelled,
    CaseCompleted,
    CaseExpired,
    DraftConflict,
    DuplicateSubmission,
    PolicyRefused,
    SignInRequired,
)
from openhitl.protocol.case import (
    ANSWERING,
    CLOCK,
    Actor,
    Answer,
    Assurance,
    Json,
    ReviewCase,
    Status,
)
from openhitl.protocol.commands import Cancel, Command, Create, Open, SaveDraft, Submit, Tick
from openhitl.protocol.record import record


class EventKind(StrEnum):
    """What can happen to a case. On the wire an event is `review.<kind>`. HITL v0.8 §8.5."""

    PENDING = "pending"
    OPENED = "opened"
    IN_PROGRESS = "in_progress"
    REMINDER = "reminder"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Effect(StrEnum):
    """What has to be done in the world because of a decision: jobs of this name become due.

    call_back: tell the address that was given with the question. hand_over: give the decision to the
    handler of the program that the service is. tell: find the browsers that have to know. push: tell one
    of them.
    """

    CALL_BACK = "call_back"
    HAND_OVER = "hand_over"
    TELL = "tell"
    PUSH = "push"


#: What waits, from the creation of a case, for its end.
AT_THE_END = (Effect.CALL_BACK, Effect.HAND_OVER)
#: After what people are told how a case stands.
_TOLD = frozenset(
    {EventKind.PENDING, EventKind.REMINDER, EventKind.COMPLETED, EventKind.EXPIRED, EventKind.CANCELLED}
)


TRANSITIONS: Mapping[tuple[Status, EventKind], Status] = {
    (Status.PENDING, EventKind.OPENED): Status.OPENED,
    (Status.PENDING, EventKind.IN_PROGRESS): Status.IN_PROGRESS,
    (Status.PENDING, EventKind.REMINDER): Status.PENDING,
    (Status.PENDING, EventKind.COMPLETED): Status.COMPLETED,
    (Status.PENDING, EventKind.EXPIRED): Status.EXPIRED,
    (Status.PENDING, EventKind.CANCELLED): Status.CANCELLED,
    (Status.OPENED, EventKind.IN_PROGRESS): Status.IN_PROGRESS,
    (Status.OPENED, EventKind.REMINDER): Status.OPENED,
    (Status.OPENED, EventKind.COMPLETED): Status.COMPLETED,
    (Status.OPENED, EventKind.EXPIRED): Status.EXPIRED,
    (Status.OPENED, EventKind.CANCELLED): Status.CANCELLED,
    (Status.IN_PROGRESS, EventKind.COMPLETED): Status.COMPLETED,
    (Status.IN_PROGRESS, EventKind.EXPIRED): Status.EXPIRED,
    (Status.IN_PROGRESS, EventKind.CANCELLED): Status.CANCELLED,
}


@record(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a case; `data` never holds sensitive values or tokens."""

    case_id: str
    seq: int
    kind: EventKind
    at: datetime
    actor: Actor
    data: Json


@record(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a command does: the new state, what happened, what has to follow, what to store, what to tell.

    `refusal` set and `case` unchanged: nothing is written. `refusal` set and events present: a late
    submit, which records the expiry and is refused all the same. `replayed`: the same submission
    was recorded before and is confirmed again.
    """

    case: ReviewCase
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    answer: Answer | None = None
    draft: Json | None = None
    refusal: CallerError | None = None
    replayed: bool = False


def decide(case: ReviewCase, command: Command, actor: Actor, *, now: datetime) -> Decision:
    """Decide what a command does to a case as it stands at `now`.

    Pure and total: never raises for anything a caller can send; a refusal is part of the value.
    For `Create`, `case` is the command's own. `now` is aware UTC in whole milliseconds and may lie
    before the case's creation if clocks differ; that changes nothing.
    """
    rule: Callable[..., Decision] = _RULES[type(command)]
    return rule(case, command, actor, now)


def _create(case: ReviewCase, command: Create, actor: Actor, now: datetime) -> Decision:
    event = Event(
        case_id=case.case_id,
        seq=case.seq,
        kind=EventKind.PENDING,
        at=case.created_at,
        actor=actor,
        data={
            "case_id": case.case_id,
            "type": case.type,
            "shown_digest": command.content.shown_digest,
            "expires_at": case.expires_at,
        },
    )
    return Decision(case=case, events=(event,), effects=_effects(case, EventKind.PENDING))


def _open(case: ReviewCase, command: Open, actor: Actor, now: datetime) -> Decision:
    refusal = _not_for(case, actor)
    if refusal:
        return Decision(case=case, refusal=refusal)
    # A late or repeated report of an opened page is not an error: it just changes nothing.
    if case.status is not Status.PENDING or now >= case.expires_at:
        return Decision(case=case)
    return _apply(case, EventKind.OPENED, actor, now, {"opened_at": now}, opened_at=now)


def _save_draft(case: ReviewCase, command: SaveDraft, actor: Actor, now: datetime) -> Decision:
    refusal = _not_for(case, actor)
    if refusal:
        return Decision(case=case, refusal=refusal)
    closed = _closed(case, now)
    if closed:
        return closed
    if command.base_version is not None and command.base_version != case.draft_version:
        return Decision(case=case, refusal=DraftConflict(draft_version=case.draft_version))
    drafted = replace(case, draft_version=case.draft_version + 1)
    if case.status is not Status.IN_PROGRESS:
        opened_at = case.opened_at or now
        data: dict[str, Any] = {"opened_at": opened_at}
        if command.progress:
            data["progress"] = command.progress
        return _apply(
            drafted,
            EventKind.IN_PROGRESS,
            actor,
            now,
            data,
            draft=command.values,
            opened_at=opened_at,
            progress=command.progress,
        )
    if command.progress and command.progress != case.progress:
        # Progress shows in the poll body, so the version (and with it the ETag) moves on; the log
        # does not record it.
        drafted = replace(drafted, progress=command.progress, version=case.version + 1)
    return Decision(case=drafted, draft=command.values)


def _submit(case: ReviewCase, command: Submit, actor: Actor, now: datetime) -> Decision:
    refusal = _not_for(case, actor, case.assurance)
    if refusal:
        return Decision(case=case, refusal=refusal)
    if case.status is Status.COMPLETED and _is_same_submission(case, command, actor):
        return Decision(case=case, replayed=True)
    closed = _closed(case, now)
    if closed:
        return closed
    answer = command.answer
    data: dict[str, Any] = {
        "completed_at": now,
        "result": {"action": answer.action, "data": answer.public_data},
        "shown_digest": answer.shown_digest,
        "data_digest": answer.data_digest,
        "surface": actor.surface,
    }
    if answer.verification is not None:
        data["verification"] = answer.verification
    return _apply(
        case,
        EventKind.COMPLETED,
        actor,
        now,
        data,
        answer=answer,
        finished_at=now,
        submission_id=command.submission_id,
        ended_by=actor.id,
        progress=None,
    )


def _cancel(case: ReviewCase, command: Cancel, actor: Actor, now: datetime) -> Decision:
    is_human = actor.kind in ANSWERING
    refusal = _not_for(case, actor) if is_human else None
    if refusal:
        return Decision(case=case, refusal=refusal)
    closed = _closed(case, now, completed=CaseCompleted)
    if closed:
        return closed
    reason = command.reason or CANCEL_REASONS[is_human]
    data = {"cancelled_at": now, "reason": reason}
    return _apply(
        case,
        EventKind.CANCELLED,
        actor,
        now,
        data,
        finished_at=now,
        reason=reason,
        ended_by=actor.id,
        progress=None,
    )


def _tick(case: ReviewCase, command: Tick, actor: Actor, now: datetime) -> Decision:
    if case.is_final:
        return Decision(case=case)
    if now >= case.expires_at:
        return _expire(case, actor, now)
    due = [instant for instant in case.reminders if instant <= now]
    if not due:
        return Decision(case=case)
    left = tuple(instant for instant in case.reminders if instant > now)
    if (case.status, EventKind.REMINDER) not in TRANSITIONS:
        # HITL v0.8 §6: reminders are for cases still pending or opened.
        return Decision(case=replace(case, reminders=left))
    # Several reminders that fell due together (an outage) are told once.
    data = {"reminder_at": due[-1], "expires_at": case.expires_at}
    return _apply(case, EventKind.REMINDER, actor, now, data, reminders=left, reminder_sent_at=now)


def _not_for(case: ReviewCase, actor: Actor, wanted: Assurance | None = None) -> CallerError | None:
    """Refuse what a human does to whoever asks, and to a human we are not sure enough of.

    Short of an answer, being signed in is enough for whatever wants more than a link.
    """
    if actor.kind not in ANSWERING:
        return PolicyRefused("Whoever asks cannot answer.")
    if case.assurance is not Assurance.LINK and actor.assurance is Assurance.LINK:
        return SignInRequired()
    if wanted is not None and _RANK[actor.assurance] < _RANK[wanted]:
        return PolicyRefused(f"This case wants assurance {wanted}.")
    return None


def refuse_closed(case: ReviewCase) -> CallerError | None:
    """Say what a submit to this case is refused with because it has ended; None if it has not."""
    kind = _ENDED.get(case.status)
    return kind(case_status=str(case.status)) if kind else None


def _closed(
    case: ReviewCase, now: datetime, *, completed: type[CallerError] = DuplicateSubmission
) -> Decision | None:
    """Refuse what comes after the end, and record an expiry that nobody has recorded yet."""
    if case.status is Status.COMPLETED:
        return Decision(case=case, refusal=completed(case_status=str(case.status)))
    final = refuse_closed(case)
    if final:
        return Decision(case=case, refusal=final)
    if now >= case.expires_at:
        expired = _expire(case, CLOCK, now)
        return replace(expired, refusal=CaseExpired(case_status=str(Status.EXPIRED)))
    return None


def _expire(case: ReviewCase, actor: Actor, now: datetime) -> Decision:
    # The deadline is when the case expired, whenever somebody noticed.
    data = {"expired_at": case.expires_at, "default_action": case.default_action}
    return _apply(case, EventKind.EXPIRED, actor, now, data, finished_at=case.expires_at, progress=None)


def _apply(
    case: ReviewCase,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    data: Json,
    *,
    answer: Answer | None = None,
    draft: Json | None = None,
    **changes: Any,
) -> Decision:
    status = TRANSITIONS[case.status, kind]
    changed = replace(case, status=status, version=case.version + 1, seq=case.seq + 1, **changes)
    event = Event(
        case_id=case.case_id,
        seq=changed.seq,
        kind=kind,
        at=now,
        actor=actor,
        data={"case_id": case.case_id, **data},
    )
    return Decision(
        case=changed, events=(event,), effects=_effects(changed, kind), answer=answer, draft=draft
    )


def _effects(case: ReviewCase, kind: EventKind) -> tuple[Effect, ...]:
    """Say what follows an event. Cases of nobody's agent, and samples, are nobody's to be told of."""
    ends = AT_THE_END if case.calls_back and case.is_final else ()
    is_told = kind in _TOLD and case.agent_id is not None and not case.demo
    return (*ends, Effect.TELL) if is_told else ends


def _is_same_submission(case: ReviewCase, command: Submit, actor: Actor) -> bool:
    same = command.submission_id is not None and command.submission_id == case.submission_id
    return same and actor.id == case.ended_by


_ENDED: Mapping[Status, type[CallerError]] = {
    Status.COMPLETED: DuplicateSubmission,
    Status.CANCELLED: CaseCancelled,
    Status.EXPIRED: CaseExpired,
}
_RANK = {level: rank for rank, level in enumerate(Assurance)}
#: What a cancellation without words is given as its reason, by whether the human cancelled.
CANCEL_REASONS = {True: "The human cancelled.", False: "The agent cancelled."}
_RULES: Mapping[type, Callable[..., Decision]] = {
    Create: _create,
    Open: _open,
    SaveDraft: _save_draft,
    Submit: _submit,
    Cancel: _cancel,
    Tick: _tick,
}
