"""What is refused of review cases and answers to them."""

from __future__ import annotations

from openhitl.errors.families import CallerError


class InvalidType(CallerError):
    """The review type is not known."""

    code = "invalid_type"
    status = 400
    hint = "Use approval, selection, input, confirmation or escalation."


class NoItems(CallerError):
    """A selection needs at least one item in context.items."""

    code = "no_items"


class InvalidAction(CallerError):
    """The action is not one of this review type."""

    code = "invalid_action"


class InvalidAnswer(CallerError):
    """The answer is not valid for this case."""

    code = "invalid_answer"


class PolicyRefused(CallerError):
    """The owner's policy does not allow this."""

    code = "policy_refused"
    status = 403


class ActionNotInline(CallerError):
    """This action cannot be submitted inline; open the review page."""

    code = "action_not_inline"
    status = 403


class VerificationRequired(CallerError):
    """This answer counts only with evidence that the case's policy asks for."""

    code = "verification_required"
    status = 403
    hint = "Open the review page: it asks for the evidence."


class VerificationFailed(CallerError):
    """The evidence does not prove this answer."""

    code = "verification_failed"
    status = 403
    hint = "Evidence is good for one answer to one case, once and for a short time: get new evidence."


class DuplicateSubmission(CallerError):
    """This case was already answered."""

    code = "duplicate_submission"
    status = 409


class CaseCompleted(CallerError):
    """This case was already answered and cannot be cancelled."""

    code = "case_completed"
    status = 409


class CaseCancelled(CallerError):
    """This case was cancelled."""

    code = "case_cancelled"
    status = 409


class DraftConflict(CallerError):
    """The draft was changed on another device."""

    code = "draft_conflict"
    status = 409


class CaseExpired(CallerError):
    """The deadline of this case has passed."""

    code = "case_expired"
    status = 410


class NotEnded(CallerError):
    """This case is still open: there is no end that anybody could have been told."""

    code = "not_ended"
    status = 409


class NoDevice(CallerError):
    """Nobody who would be asked has a device to read this on."""

    code = "no_device"
    status = 409
    hint = "One of them makes keys in a browser, at /devices, or runs `hitl inbox`."


class TooLateToCancel(CallerError):
    """The deadline of this case has passed; there is nothing left to withdraw."""

    code = "too_late_to_cancel"
    status = 409
