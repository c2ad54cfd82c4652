"""An answer that did not come, which is nobody's fault."""

from __future__ import annotations

from openhitl.errors.families import HitlError


class NoAnswer(HitlError):
    """There is no answer. The details carry `case_id`, and what the kind of end calls for.

    still_open: `review_url`. answer_expired: `default_action`, `poll`. answer_cancelled: `reason`,
    `poll`. `poll` is the poll body as the service sent it.
    """

    code = "no_answer"
    status = 504


class StillOpen(NoAnswer):
    """Nobody has answered yet; the case stays open."""

    code = "still_open"
    hint = "Wait for it again with `hitl status ID --wait` or HITL.wait(case_id)."


class AnswerExpired(NoAnswer):
    """Nobody answered before the deadline."""

    code = "answer_expired"
    hint = "Do what `default_action` says; silence is never consent."


class AnswerCancelled(NoAnswer):
    """The question was cancelled."""

    code = "answer_cancelled"
