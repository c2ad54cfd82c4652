"""Anything that can happen to a case in any order keeps its promises. HITL v0.8 §8, §13.2."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openhitl.errors import CaseExpired
from openhitl.protocol.case import (
    ANSWERING,
    CLOCK,
    Actor,
    ActorKind,
    Assurance,
    DefaultAction,
    Progress,
    Status,
)
from openhitl.protocol.commands import Cancel, Create, Open, SaveDraft, Submit, Tick
from openhitl.protocol.lifecycle import TRANSITIONS, EventKind, decide
from tests.protocol.values import CASE_ID, NOW, answer, case, content

ACTORS = st.builds(
    Actor,
    kind=st.sampled_from(ActorKind),
    id=st.sampled_from(["alice", "bob", "mallory"]),
    assurance=st.sampled_from(Assurance),
)
PROGRESS = st.builds(
    Progress,
    current_step=st.integers(1, 2),
    total_steps=st.just(2),
    completed_fields=st.integers(0, 2),
    total_fields=st.just(2),
)
SUBMISSION_IDS = st.none() | st.sampled_from(["s-1", "s-2"])
MINUTES = st.integers(0, 20).map(lambda minutes: timedelta(minutes=minutes))


class CaseMachine(RuleBasedStateMachine):
    """One case, and everything that agents, humans and time do to it."""

    @initialize(
        timeout=st.integers(1, 60),
        reminders=st.lists(st.integers(1, 59), max_size=3, unique=True),
        assurance=st.sampled_from(Assurance),
        default_action=st.sampled_from(DefaultAction),
    )
    def create(self, timeout, reminders, assurance, default_action):
        self.now = NOW
        self.case = case(
            expires_at=NOW + timedelta(minutes=timeout),
            reminders=tuple(NOW + timedelta(minutes=one) for one in sorted(reminders) if one < timeout),
            assurance=assurance,
            default_action=default_action,
        )
        self.answers = []
        self.events = []
        command = Create(case=self.case, content=content(), tokens=())
        self.take(decide(self.case, command, Actor(kind=ActorKind.AGENT, id="agent"), now=self.now))

    def take(self, decision):
        """Check what every decision promises, and go on from it."""
        before, after = self.case, decision.case
        if before.is_final:
            assert after == before
            assert decision.events == ()
            assert decision.answer is None
        if decision.refusal is not None:
            assert decision.answer is None
            assert decision.draft is None
            assert decision.events == () or isinstance(decision.refusal, CaseExpired)
        if decision.events and decision.events[0].kind is not EventKind.PENDING:
            assert [event.seq for event in decision.events] == [before.seq + 1]
            assert after.seq == before.seq + 1
            assert after.version == before.version + 1
            assert TRANSITIONS[before.status, decision.events[0].kind] is after.status
        else:
            assert (after.seq, after.status) == (before.seq, before.status)
            assert after.version - before.version in (0, 1)
        if decision.answer is not None:
            self.answers.append(decision.answer)
        self.events += decision.events
        self.case = after

    @rule(by=MINUTES)
    def time_passes(self, by):
        self.now += by

    @rule()
    def tick(self):
        self.take(decide(self.case, Tick(CASE_ID), CLOCK, now=self.now))

    @rule(actor=ACTORS)
    def open(self, actor):
        self.take(decide(self.case, Open(CASE_ID), actor, now=self.now))

    @rule(actor=ACTORS, base=st.none() | st.integers(0, 3), progress=st.none() | PROGRESS)
    def draft(self, actor, base, progress):
        before = self.case
        command = SaveDraft(case_id=CASE_ID, values={"k": 1}, base_version=base, progress=progress)
        decision = decide(before, command, actor, now=self.now)
        self.take(decision)
        saved = decision.refusal is None
        assert self.case.draft_version == before.draft_version + saved
        assert (decision.draft is not None) is saved

    @rule(actor=ACTORS, submission_id=SUBMISSION_IDS)
    def submit(self, actor, submission_id):
        before = self.case
        command = Submit(case_id=CASE_ID, answer=answer(), submission_id=submission_id)
        decision = decide(before, command, actor, now=self.now)
        self.take(decision)
        accepted = decision.answer is not None
        ranks = list(Assurance)
        assert not accepted or actor.kind in ANSWERING
        assert not accepted or ranks.index(actor.assurance) >= ranks.index(before.assurance)
        assert not accepted or self.now < before.expires_at
        assert decision.replayed is (
            before.status is Status.COMPLETED
            and submission_id is not None
            and (submission_id, actor.id) == (before.submission_id, before.ended_by)
            and actor.kind in ANSWERING
            and ranks.index(actor.assurance) >= ranks.index(before.assurance)
        )

    @rule(actor=ACTORS)
    def cancel(self, actor):
        self.take(decide(self.case, Cancel(CASE_ID), actor, now=self.now))

    @precondition(lambda self: self.case.status is Status.COMPLETED and self.case.submission_id)
    @rule()
    def repeat_the_submission(self):
        actor = Actor(kind=ActorKind.PERSON, id=self.case.ended_by, assurance=Assurance.PASSKEY)
        command = Submit(case_id=CASE_ID, answer=answer("reject"), submission_id=self.case.submission_id)
        assert decide(self.case, command, actor, now=self.now).replayed

    @invariant()
    def silence_never_approves(self):
        assert (self.case.status is Status.COMPLETED) is (len(self.answers) == 1)
        if self.case.status is Status.EXPIRED:
            assert self.case.finished_at == self.case.expires_at
            assert self.answers == []

    @invariant()
    def a_case_ends_once_and_its_events_count_from_one(self):
        ends = [
            event
            for event in self.events
            if event.kind in (EventKind.COMPLETED, EventKind.EXPIRED, EventKind.CANCELLED)
        ]
        assert len(ends) == self.case.is_final
        assert ends in ([], self.events[-1:])
        assert [event.seq for event in self.events] == list(range(1, len(self.events) + 1))
        assert self.case.seq == len(self.events)

    @invariant()
    def the_clock_has_something_to_do_until_the_end(self):
        assert (self.case.wake_at is None) is self.case.is_final
        if not self.case.is_final:
            assert self.case.wake_at <= self.case.expires_at


CaseMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestLifecycleOfACase = CaseMachine.TestCase
