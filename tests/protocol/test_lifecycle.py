"""The life of a review case. HITL v0.8 §8 "Status Machine", §13.2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openhitl.errors import (
    CaseCancelled,
    CaseCompleted,
    CaseExpired,
    DraftConflict,
    DuplicateSubmission,
    PolicyRefused,
    SignInRequired,
)
from openhitl.protocol.case import ANSWERING, CLOCK, FINAL, Actor, ActorKind, Assurance, Progress, Status
from openhitl.protocol.commands import Cancel, Create, Open, SaveDraft, Submit, Tick
from openhitl.protocol.lifecycle import TRANSITIONS, Decision, Effect, EventKind, decide, refuse_closed
from tests.protocol.values import AGENT, CASE_ID, HUMAN, NOW, answer, case, content, human

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OPEN_STATUSES = [status for status in Status if status not in FINAL]
SUBMIT = Submit(case_id=CASE_ID, answer=answer(), submission_id="s-1")
DRAFT = SaveDraft(case_id=CASE_ID, values={"a": 1})
COMMANDS = [Open(CASE_ID), DRAFT, SUBMIT, Cancel(CASE_ID), Tick(CASE_ID)]
REFUSALS = {
    Status.COMPLETED: DuplicateSubmission,
    Status.CANCELLED: CaseCancelled,
    Status.EXPIRED: CaseExpired,
}


def kinds(decision):
    return [event.kind for event in decision.events]


# -- the table --------------------------------------------------------------------------------


def test_no_edge_leaves_a_final_status():
    assert not [edge for edge in TRANSITIONS if edge[0] in FINAL]


def test_every_open_status_can_end_in_every_way():
    """Two of these edges are not in the protocol's diagram; the module says why."""
    ends = {
        EventKind.COMPLETED: Status.COMPLETED,
        EventKind.EXPIRED: Status.EXPIRED,
        EventKind.CANCELLED: Status.CANCELLED,
    }
    for status in OPEN_STATUSES:
        for kind, end in ends.items():
            assert TRANSITIONS[status, kind] is end


def test_nothing_goes_back():
    order = list(Status)
    for (status, _), following in TRANSITIONS.items():
        assert order.index(following) >= order.index(status)


# -- creation ---------------------------------------------------------------------------------


def test_a_case_begins_with_event_one():
    created = decide(case(), Create(case=case(), content=content(), tokens=()), AGENT, now=NOW + HOUR)
    assert created.case == case()
    [event] = created.events
    assert (event.seq, event.kind, event.at, event.actor) == (1, EventKind.PENDING, NOW, AGENT)
    assert event.data["shown_digest"] == "shown"
    assert Create(case=case(), content=content(), tokens=()).case_id == CASE_ID


# -- opening ----------------------------------------------------------------------------------


def test_a_page_is_opened_once():
    opened = decide(case(), Open(CASE_ID), HUMAN, now=NOW + HOUR)
    assert (opened.case.status, opened.case.opened_at) == (Status.OPENED, NOW + HOUR)
    assert (opened.case.version, opened.case.seq) == (2, 2)
    assert kinds(opened) == [EventKind.OPENED]
    assert decide(opened.case, Open(CASE_ID), HUMAN, now=NOW + 2 * HOUR) == Decision(case=opened.case)


def test_a_page_opened_too_late_changes_nothing():
    assert decide(case(), Open(CASE_ID), HUMAN, now=NOW + DAY) == Decision(case=case())


# -- drafts -----------------------------------------------------------------------------------


def test_the_first_draft_puts_a_case_in_progress():
    drafted = decide(case(), DRAFT, HUMAN, now=NOW + HOUR)
    assert (drafted.case.status, drafted.case.opened_at) == (Status.IN_PROGRESS, NOW + HOUR)
    assert (drafted.case.draft_version, drafted.draft) == (1, {"a": 1})
    assert drafted.events[0].data == {"case_id": CASE_ID, "opened_at": NOW + HOUR}


def test_a_draft_keeps_the_first_opening_and_tells_progress():
    """HITL v0.8 §10.3.4."""
    progress = Progress(current_step=1, total_steps=2, completed_fields=1, total_fields=4)
    command = SaveDraft(case_id=CASE_ID, values={}, progress=progress)
    drafted = decide(case(Status.OPENED, opened_at=NOW), command, HUMAN, now=NOW + HOUR)
    assert drafted.case.opened_at == NOW
    assert drafted.case.progress == progress
    assert drafted.events[0].data["progress"] == progress


def test_further_drafts_are_no_events_and_only_progress_shows():
    progress = Progress(current_step=2, total_steps=2, completed_fields=1, total_fields=4)
    before = case(Status.IN_PROGRESS, opened_at=NOW, draft_version=3)
    same = decide(before, DRAFT, HUMAN, now=NOW)
    assert (same.case.draft_version, same.case.version, same.events) == (4, before.version, ())
    moved = decide(before, SaveDraft(case_id=CASE_ID, values={}, progress=progress), HUMAN, now=NOW)
    assert (moved.case.version, moved.case.seq, moved.case.progress) == (
        before.version + 1,
        before.seq,
        progress,
    )
    again = decide(moved.case, SaveDraft(case_id=CASE_ID, values={}, progress=progress), HUMAN, now=NOW)
    assert again.case.version == moved.case.version


def test_a_draft_from_another_device_is_a_conflict():
    before = case(Status.IN_PROGRESS, draft_version=3)
    refused = decide(before, SaveDraft(case_id=CASE_ID, values={}, base_version=2), HUMAN, now=NOW)
    assert isinstance(refused.refusal, DraftConflict)
    assert refused.refusal.details == {"draft_version": 3}
    assert refused.case is before
    accepted = decide(before, SaveDraft(case_id=CASE_ID, values={}, base_version=3), HUMAN, now=NOW)
    assert accepted.refusal is None


# -- submitting -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_an_answer_completes_any_open_case(status):
    progress = Progress(current_step=1, total_steps=1, completed_fields=0, total_fields=1)
    done = decide(case(status, progress=progress), SUBMIT, HUMAN, now=NOW + HOUR)
    assert (done.case.status, done.case.finished_at) == (Status.COMPLETED, NOW + HOUR)
    assert (done.case.submission_id, done.case.ended_by) == ("s-1", HUMAN.id)
    assert done.case.progress is None
    assert done.answer == SUBMIT.answer
    assert kinds(done) == [EventKind.COMPLETED]
    assert done.events[0].data["shown_digest"] == "shown"


def test_the_log_never_holds_a_secret():
    secret = answer(data={"a": 1, "pin": "0000"}, sensitive=frozenset({"pin"}))
    done = decide(case(), Submit(case_id=CASE_ID, answer=secret), HUMAN, now=NOW)
    assert done.events[0].data["result"] == {"action": "approve", "data": {"a": 1}}
    assert done.answer == secret


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_case_refuses_another_answer(status):
    """HITL v0.8 §13.2."""
    final = case(status)
    refused = decide(final, SUBMIT, HUMAN, now=NOW + HOUR)
    assert isinstance(refused.refusal, REFUSALS[status])
    assert refused.refusal.details == {"case_status": str(status)}
    assert (refused.case, refused.events, refused.answer) == (final, (), None)


def test_the_same_submission_is_confirmed_again_to_the_same_actor_only():
    done = decide(case(), SUBMIT, HUMAN, now=NOW).case
    assert decide(done, SUBMIT, HUMAN, now=NOW + 2 * DAY) == Decision(case=done, replayed=True)
    stranger = Actor(kind=ActorKind.RELAYED, id="slack:U1")
    assert isinstance(decide(done, SUBMIT, stranger, now=NOW).refusal, DuplicateSubmission)
    other = Submit(case_id=CASE_ID, answer=answer(), submission_id="s-2")
    assert isinstance(decide(done, other, HUMAN, now=NOW).refusal, DuplicateSubmission)
    unnamed = Submit(case_id=CASE_ID, answer=answer())
    assert isinstance(decide(done, unnamed, HUMAN, now=NOW).refusal, DuplicateSubmission)


@pytest.mark.parametrize("status", OPEN_STATUSES)
@pytest.mark.parametrize("command", [SUBMIT, DRAFT, Cancel(CASE_ID)])
def test_what_comes_at_the_deadline_or_later_records_the_expiry(status, command):
    late = decide(case(status), command, HUMAN, now=NOW + DAY)
    assert isinstance(late.refusal, CaseExpired)
    assert (late.case.status, late.case.finished_at) == (Status.EXPIRED, NOW + DAY)
    assert (kinds(late), late.events[0].actor) == ([EventKind.EXPIRED], CLOCK)
    assert (late.answer, late.draft) == (None, None)
    in_time = decide(case(status), command, HUMAN, now=NOW + DAY - timedelta(milliseconds=1))
    assert in_time.refusal is None


# -- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in ActorKind if kind not in ANSWERING])
@pytest.mark.parametrize("command", [Open(CASE_ID), DRAFT, SUBMIT])
def test_whoever_asks_can_neither_look_draft_nor_answer(kind, command):
    """design rule 2."""
    refused = decide(case(), command, Actor(kind=kind, id="x", assurance=Assurance.PASSKEY), now=NOW)
    assert isinstance(refused.refusal, PolicyRefused)
    assert (refused.case, refused.events) == (case(), ())


@pytest.mark.parametrize("command", [Open(CASE_ID), DRAFT, SUBMIT, Cancel(CASE_ID)])
def test_a_case_wants_its_assurance_from_every_human(command):
    """design rule 3."""
    guarded = case(assurance=Assurance.SIGNED_IN)
    refused = decide(guarded, command, HUMAN, now=NOW)
    assert isinstance(refused.refusal, SignInRequired)
    assert refused.case is guarded
    assert decide(guarded, command, human(), now=NOW).refusal is None
    assert decide(guarded, command, human(assurance=Assurance.PASSKEY), now=NOW).refusal is None


def test_only_the_answer_itself_needs_a_passkey():
    """design rule 3."""
    guarded, signed_in = case(assurance=Assurance.PASSKEY), human(assurance=Assurance.SIGNED_IN)
    assert isinstance(decide(guarded, SUBMIT, signed_in, now=NOW).refusal, PolicyRefused)
    assert decide(guarded, SUBMIT, human(assurance=Assurance.PASSKEY), now=NOW).refusal is None
    for command in (Open(CASE_ID), DRAFT, Cancel(CASE_ID)):
        assert decide(guarded, command, signed_in, now=NOW).refusal is None
        assert isinstance(decide(guarded, command, HUMAN, now=NOW).refusal, SignInRequired)


def test_the_agent_may_withdraw_its_question_whatever_the_assurance():
    withdrawn = decide(case(assurance=Assurance.PASSKEY), Cancel(CASE_ID), AGENT, now=NOW)
    assert withdrawn.case.status is Status.CANCELLED


# -- cancelling -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_an_open_case_can_be_cancelled(status):
    cancelled = decide(case(status), Cancel(CASE_ID, "No longer needed."), AGENT, now=NOW + HOUR)
    assert (cancelled.case.status, cancelled.case.reason) == (Status.CANCELLED, "No longer needed.")
    assert cancelled.events[0].data == {
        "case_id": CASE_ID,
        "cancelled_at": NOW + HOUR,
        "reason": "No longer needed.",
    }


@pytest.mark.parametrize(
    ("actor", "reason"), [(HUMAN, "The human cancelled."), (AGENT, "The agent cancelled.")]
)
def test_a_cancel_says_who_and_without_words_that_is_its_reason(actor, reason):
    cancelled = decide(case(), Cancel(CASE_ID), actor, now=NOW).case
    assert (cancelled.ended_by, cancelled.reason) == (actor.id, reason)


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(Status.COMPLETED, CaseCompleted), (Status.CANCELLED, CaseCancelled), (Status.EXPIRED, CaseExpired)],
)
def test_a_final_case_cannot_be_cancelled(status, refusal):
    assert isinstance(decide(case(status), Cancel(CASE_ID), AGENT, now=NOW).refusal, refusal)


# -- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_a_case_expires_at_its_deadline_whenever_somebody_looks(status):
    expired = decide(case(status), Tick(CASE_ID), CLOCK, now=NOW + 5 * DAY)
    assert (expired.case.status, expired.case.finished_at) == (Status.EXPIRED, NOW + DAY)
    [event] = expired.events
    assert event.at == NOW + 5 * DAY
    assert event.data == {"case_id": CASE_ID, "expired_at": NOW + DAY, "default_action": "skip"}


@pytest.mark.parametrize("status", sorted(FINAL))
def test_time_does_nothing_to_a_final_case(status):
    final = case(status, reminders=(NOW,))
    assert decide(final, Tick(CASE_ID), CLOCK, now=NOW + 5 * DAY) == Decision(case=final)


def test_time_before_anything_is_due_changes_nothing():
    waiting = case(reminders=(NOW + HOUR,))
    assert decide(waiting, Tick(CASE_ID), CLOCK, now=NOW) == Decision(case=waiting)


@pytest.mark.parametrize("status", [Status.PENDING, Status.OPENED])
def test_reminders_that_fell_due_together_are_told_once(status):
    """HITL v0.8 §6 `reminder_at`."""
    waiting = case(status, reminders=(NOW + HOUR, NOW + 2 * HOUR, NOW + 5 * HOUR))
    reminded = decide(waiting, Tick(CASE_ID), CLOCK, now=NOW + 3 * HOUR)
    assert reminded.case.status is status
    assert reminded.case.reminders == (NOW + 5 * HOUR,)
    assert reminded.case.reminder_sent_at == NOW + 3 * HOUR
    [event] = reminded.events
    assert (event.kind, event.data["reminder_at"]) == (EventKind.REMINDER, NOW + 2 * HOUR)
    assert decide(reminded.case, Tick(CASE_ID), CLOCK, now=NOW + 3 * HOUR) == Decision(case=reminded.case)


def test_a_human_at_work_is_not_reminded():
    working = case(Status.IN_PROGRESS, reminders=(NOW + HOUR,))
    ticked = decide(working, Tick(CASE_ID), CLOCK, now=NOW + HOUR)
    assert (ticked.case.reminders, ticked.events, ticked.case.version) == ((), (), working.version)


@pytest.mark.parametrize("calls_back", [True, False])
@pytest.mark.parametrize(
    ("command", "actor", "now"),
    [
        (Submit(case_id=CASE_ID, answer=answer()), HUMAN, NOW),
        (Cancel(CASE_ID), AGENT, NOW),
        (Cancel(CASE_ID), HUMAN, NOW),
        (Tick(CASE_ID), CLOCK, NOW + timedelta(days=1)),
        (Submit(case_id=CASE_ID, answer=answer()), HUMAN, NOW + timedelta(days=1)),
    ],
)
def test_every_end_and_nothing_else_calls_back_whoever_wants_it(command, actor, now, calls_back):
    """HITL v0.8 §9 "Callback Events"."""
    given = case(calls_back=calls_back)
    wanted = (Effect.CALL_BACK, Effect.HAND_OVER, Effect.TELL) if calls_back else (Effect.TELL,)
    assert decide(given, command, actor, now=now).effects == wanted
    assert decide(given, Open(CASE_ID), HUMAN, now=NOW).effects == ()
    assert decide(given, SaveDraft(case_id=CASE_ID, values={}), HUMAN, now=NOW).effects == ()


def test_people_are_told_of_what_concerns_them():
    created = Create(case=case(), content=content(), tokens=())
    assert decide(case(), created, AGENT, now=NOW).effects == (Effect.TELL,)
    reminded = case(reminders=(NOW,))
    assert decide(reminded, Tick(CASE_ID), CLOCK, now=NOW).effects == (Effect.TELL,)
    for nobodys in (case(demo=True), case(agent_id=None)):
        assert decide(nobodys, created, AGENT, now=NOW).effects == ()
        assert decide(nobodys, SUBMIT, HUMAN, now=NOW).effects == ()


def test_a_clock_that_lags_behind_changes_nothing_but_the_time():
    done = decide(case(), SUBMIT, HUMAN, now=NOW - HOUR)
    assert (done.case.status, done.case.finished_at) == (Status.COMPLETED, NOW - HOUR)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("now", [NOW, NOW + DAY])
def test_a_refusal_is_a_value_and_a_decision_total(status, command, now):
    for actor in (HUMAN, AGENT, CLOCK):
        decision = decide(case(status), command, actor, now=now)
        if decision.refusal and not decision.events:
            assert decision == Decision(case=case(status), refusal=decision.refusal)


def test_the_log_records_what_was_verified():
    """HITL v0.8 §7.6."""
    told = {"satisfied": True, "verified_evidence": [], "missing_requirements": []}
    command = Submit(case_id=CASE_ID, answer=answer(verification=told), spent=(b"digest",))
    [event] = decide(case(), command, HUMAN, now=NOW).events
    assert event.data["verification"] == told


@pytest.mark.parametrize("status", Status)
def test_what_has_ended_is_refused_before_anybody_proves_anything(status):
    refusal = refuse_closed(case(status))
    if status not in FINAL:
        assert refusal is None
    else:
        assert type(refusal) is REFUSALS[status]
        assert refusal.details == {"case_status": status}
