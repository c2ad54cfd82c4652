"""What became of a question."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from openhitl.errors import AnswerCancelled, AnswerExpired
from openhitl.protocol.case import Json, Status
from openhitl.protocol.incoming import Poll


class Outcome(StrEnum):
    """The three ways a case can end."""

    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


#: Actions by which a human says no, or not like this, to what was asked. HITL v0.8 §10.
DENYING = frozenset({"reject", "edit", "cancel", "abort"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a case ended; exactly one outcome, and only that outcome's fields are set.

    answered: `action`, `data`, and `responded_by` if known (`name`, `email`). expired:
    `default_action`, which is advice to the agent and never consent. cancelled: `reason`.
    """

    case_id: str
    outcome: Outcome
    action: str | None = None
    data: Json = field(default_factory=dict)
    responded_by: Json | None = None
    default_action: str | None = None
    reason: str | None = None
    decided_at: datetime | None = None
    next_case_id: str | None = None

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def approved(self) -> bool:
        """True if the human approved or confirmed exactly what was shown."""
        return self.action in ("approve", "confirm")

    @property
    def approved_with_edits(self) -> bool:
        """True if the human changed the content in place and approved that.

        The changed content is `data["edits"]`; what was asked must not be used any more. An edit
        without it asks for changes and approves nothing.
        """
        return self.action == "edit" and bool(self.data.get("edits"))

    @property
    def denied(self) -> bool:
        """True if the human did not agree to what was asked: reject, edit, cancel or abort."""
        return self.action in DENYING

    def require_answer(self) -> Decision:
        """Return the decision if a human answered. Raises: AnswerExpired, AnswerCancelled."""
        if self.outcome is Outcome.EXPIRED:
            raise AnswerExpired(case_id=self.case_id, default_action=self.default_action)
        if self.outcome is Outcome.CANCELLED:
            message = f"The question was cancelled: {self.reason}" if self.reason else None
            raise AnswerCancelled(message, case_id=self.case_id, reason=self.reason)
        return self


_OUTCOMES = {
    Status.COMPLETED: Outcome.ANSWERED,
    Status.EXPIRED: Outcome.EXPIRED,
    Status.CANCELLED: Outcome.CANCELLED,
}


def decision_from(poll: Poll) -> Decision:
    """Read a poll body of a final status."""
    return Decision(
        case_id=poll.case_id,
        outcome=_OUTCOMES[poll.status],
        action=poll.action,
        data=poll.data,
        responded_by=poll.responded_by,
        default_action=poll.default_action,
        reason=poll.reason,
        decided_at=poll.ended_at,
        next_case_id=poll.next_case_id,
    )
