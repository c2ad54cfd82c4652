"""What a batch of commands does, worked out in memory on the rows that the writer has locked."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from openhitl.errors import IdempotencyMismatch, InvalidRequest, NotFound, VerificationFailed
from openhitl.protocol.case import Actor, Answer, Json, ReviewCase, Status
from openhitl.protocol.commands import Command, Create, Submit
from openhitl.protocol.lifecycle import Decision, Effect, Event, decide
from openhitl.protocol.problems import SUMMARY
from openhitl.store.records import Outcome, StoredCase

#: A key and whose it is.
Key = tuple[int | None, str]
#: A follow-up that ended so leaves its place to another.
UNANSWERED = frozenset({Status.CANCELLED, Status.EXPIRED})


@dataclass(slots=True)
class Held:
    """A case in the batch: the state that the last command left, and its row's fixed parts.

    `next_status` is that of the case which followed on it before this batch.
    """

    ref: int
    case: ReviewCase
    previous_ref: int | None = None
    next_ref: int | None = None
    next_status: Status | None = None
    changed: bool = False
    effects: tuple[Effect, ...] = ()
    created: Create | None = None
    answer: Answer | None = None
    draft: tuple[Json, datetime] | None = None
    spent: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Done:
    """A decision that writes, and how many events of the batch there were before and after it."""

    decision: Decision
    first: int
    last: int


class Batch:
    """Decides commands one after another, each on the state that the one before it left.

    Args:
        held: the cases that the commands name, as they are in the database, by case_id.
        keyed: cases made before with an idempotency key: their digest and what they hold.
        spent: digests of evidence that no answer may rest on any more.
        refs: numbers for the rows of new cases; those used are taken out.
        now: the present; rows were locked before it was asked.
    """

    def __init__(
        self,
        held: dict[str, Held],
        keyed: Mapping[Key, tuple[bytes | None, StoredCase]],
        spent: set[bytes],
        *,
        refs: deque[int],
        now: datetime,
    ) -> None:
        self.held = held
        self.events: list[tuple[int, Event]] = []
        self.done: list[Done] = []
        self.now = now
        #: Whether anybody was found who has to be told of a decision.
        self.tells = False
        self._keyed = keyed
        self._spent = spent
        self._made: dict[Key, Held] = {}
        self._refs = refs

    @property
    def writes(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.done)

    def decide(self, command: Command, actor: Actor) -> Outcome | NotFound:
        """Decide one command; a case that is not there has no decision."""
        if isinstance(command, Create):
            return self._create(command, actor)
        held = self.held.get(command.case_id)
        if held is None:
            return NotFound()
        decision = decide(held.case, command, actor, now=self.now)
        if isinstance(command, Submit) and decision.answer is not None:
            if not self._spent.isdisjoint(command.spent):
                return Outcome(decision=Decision(case=held.case, refusal=_used_before()))
            self._spent.update(command.spent)
            held.spent = command.spent
        self._take(held, decision)
        return Outcome(decision=decision)

    def _create(self, command: Create, actor: Actor) -> Outcome:
        joined = self._joined(command)
        if joined is not None:
            return joined
        if command.is_named and command.case_id in self.held:
            return Outcome(decision=Decision(case=command.case, refusal=_id_taken()))
        previous = None
        if command.case.previous_case_id is not None:
            previous = self.held.get(command.case.previous_case_id)
            if previous is None or previous.case.agent_id != command.case.agent_id:
                return Outcome(decision=Decision(case=command.case, refusal=_no_previous()))
        held = Held(
            ref=self._refs.popleft(),
            case=command.case,
            previous_ref=previous.ref if previous else None,
            created=command,
        )
        self.held[command.case_id] = held
        if command.idempotency_key is not None:
            self._made[command.case.agent_id, command.idempotency_key] = held
        decision = decide(command.case, command, actor, now=self.now)
        self._take(held, decision)
        if previous is not None and self._takes_next(previous):
            self._link(previous, held)
        return Outcome(decision=decision, created=True)

    def _joined(self, command: Create) -> Outcome | None:
        if command.idempotency_key is None:
            return None
        key = (command.case.agent_id, command.idempotency_key)
        made = self._made.get(key)
        if made is not None and made.created is not None:
            digest = made.created.request_digest
            stored = StoredCase(case=made.case, content=made.created.content, answer=made.answer)
        elif key in self._keyed:
            digest, stored = self._keyed[key]
        else:
            return None
        if digest != command.request_digest:
            return Outcome(decision=Decision(case=command.case, refusal=IdempotencyMismatch()))
        return Outcome(decision=Decision(case=stored.case), joined=stored)

    def _takes_next(self, previous: Held) -> bool:
        """Tell whether a case has no follow-up yet, or only one that nobody answered or will.

        HITL v0.8 §8 `next_case_id`: whoever follows it gets to the round that counts.
        """
        following = self.held.get(previous.case.next_case_id or "")
        status = following.case.status if following else previous.next_status
        return previous.next_ref is None or status in UNANSWERED

    def _link(self, previous: Held, held: Held) -> None:
        # The link shows in the previous case's poll body, so its version moves on.
        case = replace(previous.case, next_case_id=held.case.case_id, version=previous.case.version + 1)
        previous.next_ref = held.ref
        self._take(previous, Decision(case=case))

    def _take(self, held: Held, decision: Decision) -> None:
        if decision.case is held.case and not decision.events:
            return
        first = len(self.events)
        self.events.extend((held.ref, event) for event in decision.events)
        held.case = decision.case
        held.changed = True
        held.effects += decision.effects
        if decision.answer is not None:
            held.answer = decision.answer
        if decision.draft is not None:
            held.draft = (decision.draft, self.now)
        self.done.append(Done(decision, first, len(self.events)))


def _used_before() -> VerificationFailed:
    return VerificationFailed("This evidence was used before.")


def _id_taken() -> InvalidRequest:
    return InvalidRequest(SUMMARY, errors=[{"path": "case_id", "message": "is another case's"}])


def _no_previous() -> InvalidRequest:
    return InvalidRequest(
        "There is no such previous case.",
        errors=[{"path": "previous_case_id", "message": "There is no such case of yours."}],
    )
