"""What became of a question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from openhitl.errors import AnswerCancelled, AnswerExpired
from openhitl.protocol.case import Json, Status
from openhitl.protocol.incoming import Poll
from openhitl.protocol.incoming_forms import Values, sensitive_keys
from openhitl.protocol.visible import one_line


class Outcome(StrEnum):
    """The three ways a case can end."""

    ANSWERED = "answered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


#: Actions by which a human says no, or not like this, to what was asked. HITL v0.8 §10.
DENYING = frozenset({"reject", "edit", "cancel", "abort"})
#: Default actions that do nothing to anybody. `approve` is not one: silence is never consent.
SAFE_DEFAULTS = frozenset({"skip", "reject", "abort"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a service signed about an answer; nothing of it is verified here. HITL v0.8 §13.4.

    `value` is a compact JWS, `signer` where the service's keys are. It vouches for the decision's `poll`:
    `verify_receipt(decision.poll, jwks)` of `openhitl.agent.receipts`.
    """

    algorithm: str
    value: str
    signed_at: str
    signer: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a case ended; exactly one outcome, and only that outcome's fields are set.

    answered: `action`, `data`, `responded_by` if known (`name`, `email`), and the `receipt` of a
    service that signs. expired: `default_action`, which is advice to the agent and never consent.
    cancelled: `reason`. `poll` is the poll body as the service sent it. Values of fields that the form
    calls sensitive are masked where a decision or its `data` is printed.
    """

    case_id: str
    outcome: Outcome
    action: str | None = None
    data: Values = field(default_factory=Values)
    responded_by: Json | None = None
    default_action: str | None = None
    reason: str | None = None
    decided_at: datetime | None = None
    next_case_id: str | None = None
    receipt: Receipt | None = field(default=None, repr=False)
    poll: Json = field(default_factory=dict, repr=False, compare=False)

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

        The changed content is `data["edits"]["content"]`; what was asked must not be used any more. An
        edit without it, whatever else `edits` holds, asks for changes and approves nothing.
        HITL v0.8 §15.3.
        """
        edits = self.data.get("edits")
        return self.action == "edit" and isinstance(edits, Mapping) and edits.get("content") is not None

    @property
    def denied(self) -> bool:
        """True if the human did not agree to what was asked: reject, edit, cancel or abort."""
        return self.action in DENYING

    def require_answer(self, default_actions: Collection[str] = ()) -> Decision:
        """Return the decision if a human answered.

        After the deadline it is returned with `action` set to its default action, if that is among
        `default_actions`: nothing, unless you say so; `SAFE_DEFAULTS` holds skip, reject and abort.
        Raises: AnswerExpired, AnswerCancelled, each with the poll body as `poll` in its details.
        """
        if self.outcome is Outcome.EXPIRED:
            if self.default_action in default_actions:
                return replace(self, action=self.default_action)
            raise AnswerExpired(case_id=self.case_id, default_action=self.default_action, poll=self.poll)
        if self.outcome is Outcome.CANCELLED:
            message = f"The question was cancelled: {one_line(self.reason)}" if self.reason else None
            raise AnswerCancelled(message, case_id=self.case_id, reason=self.reason, poll=self.poll)
        return self


_OUTCOMES = {
    Status.COMPLETED: Outcome.ANSWERED,
    Status.EXPIRED: Outcome.EXPIRED,
    Status.CANCELLED: Outcome.CANCELLED,
}


def decision_from(poll: Poll, *, context: Json | None = None, default_action: str | None = None) -> Decision:
    """Read a poll body of a final status.

    `context`, the case's, tells which values are sensitive; `default_action` is the case's, for where the
    body of an expired one does not say it.
    """
    expired = poll.status is Status.EXPIRED
    return Decision(
        case_id=poll.case_id,
        outcome=_OUTCOMES[poll.status],
        action=poll.action,
        data=Values(poll.data, sensitive_keys(context or {})),
        responded_by=poll.responded_by,
        default_action=poll.default_action or (default_action if expired else None),
        reason=poll.reason,
        decided_at=poll.ended_at,
        next_case_id=poll.next_case_id,
        receipt=_receipt_in(poll),
        poll=poll.body,
    )


def _receipt_in(poll: Poll) -> Receipt | None:
    result = poll.body.get("result")
    signature = result.get("signature") if isinstance(result, Mapping) else None
    if not isinstance(signature, Mapping):
        return None
    names = ("algorithm", "value", "signed_at", "signer")
    return Receipt(**{name: str(signature.get(name, "")) for name in names})
