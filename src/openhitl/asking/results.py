"""What tools answer: the human's words alone, or how a case stands as data."""

from __future__ import annotations

import json
from typing import Any

from mcp_types import CallToolResult, TextContent

from openhitl.asking.questioner import Asked
from openhitl.errors import HitlError, StoreError
from openhitl.protocol.outcomes import Decision, Outcome
from openhitl.protocol.plain_answers import plain_answer
from openhitl.protocol.visible import one_line

STORE_FAILED = "The storage does not answer; ask the same again."
#: Where humans say why, by the names that their answers have for it.
_REASONS = ("reason", "feedback", "note")
_STATUS = {Outcome.ANSWERED: "completed", Outcome.EXPIRED: "expired", Outcome.CANCELLED: "cancelled"}
_TEXT = {"type": "string"}

#: JSON Schema of what our own tools answer.
OUTPUT: dict[str, Any] = {
    "type": "object",
    "required": ["status", "case_id", "message"],
    "properties": {
        "status": {
            "enum": ["pending", "completed", "expired", "cancelled"],
            "description": "Only completed is an answer; silence is never consent.",
        },
        "case_id": _TEXT,
        "message": {"type": "string", "description": "What this means, in words."},
        "review_url": {"type": "string", "description": "The page where the human answers."},
        "action": {"type": "string", "description": "What the human did: approve, reject, edit, select, …"},
        "approved": {"type": "boolean", "description": "Whether exactly what was asked was agreed to."},
        "reason": {"type": "string", "description": "Why, in the human's words."},
        "data": {"type": "object", "description": "The answer's values."},
        "answer": {"type": "string", "description": "The answer in as few words as it has."},
        "responded_by": {"type": "object", "description": "Who answered, as far as that is known."},
        "decided_at": _TEXT,
        "default_action": {"type": "string", "description": "What you said you would do without an answer."},
        "next_case_id": _TEXT,
    },
}


def words(asked: Asked, decision: Decision) -> CallToolResult:
    """Answer with the human's words and nothing else. Raises: AnswerExpired, AnswerCancelled."""
    return text(plain_answer(asked.type, asked.context, decision.require_answer()))


def text(said: str) -> CallToolResult:
    """Answer with a text."""
    return CallToolResult(content=[TextContent(text=said)])


def pending(asked: Asked) -> CallToolResult:
    """Answer that nobody has decided yet, and how to go on."""
    told: dict[str, Any] = {"status": "pending", "case_id": asked.case_id}
    if asked.review_url:
        told["review_url"] = asked.review_url
    told["message"] = (
        "Nobody has answered yet, and this is no consent. The question stays open:"
        f' call wait_for_answer with case_id "{asked.case_id}" to wait on.'
    )
    return _structured(told)


def ended(asked: Asked, decision: Decision) -> CallToolResult:
    """Answer how a case ended."""
    told: dict[str, Any] = {"status": _STATUS[decision.outcome], "case_id": asked.case_id}
    told["message"] = _message(decision)
    if decision.answered:
        told |= {
            "action": decision.action,
            "approved": decision.approved,
            "data": dict(decision.data),
            "answer": plain_answer(asked.type, asked.context, decision),
        }
    told |= {
        "reason": _reason(decision),
        "responded_by": decision.responded_by and dict(decision.responded_by),
        "decided_at": decision.decided_at and decision.decided_at.isoformat(),
        "default_action": decision.default_action,
        "next_case_id": decision.next_case_id,
    }
    return _structured({name: value for name, value in told.items() if value is not None})


def refused(error: HitlError) -> CallToolResult:
    """Answer that there is no answer, and why."""
    # What a database says may name its host, its user or its files: that is for the log alone.
    said = STORE_FAILED if error.code == StoreError.code else str(error)
    hint = "" if error.code == StoreError.code else error.hint
    lines = [said, hint] if hint else [said]
    return CallToolResult(content=[TextContent(text="\n".join(lines))], is_error=True)


def _structured(told: dict[str, Any]) -> CallToolResult:
    # MCP 2026-07-28 "Structured Content": the same as text, for clients that know no other.
    spelled = json.dumps(told, ensure_ascii=False)
    return CallToolResult(content=[TextContent(text=spelled)], structured_content=told)


def _message(decision: Decision) -> str:
    if decision.outcome is Outcome.EXPIRED:
        action = decision.default_action or "skip"
        return f"Nobody answered in time. This is no consent; the default action is {action}."
    if decision.outcome is Outcome.CANCELLED:
        return "The question was cancelled; there is no answer."
    if decision.approved_with_edits:
        return "Approved with edits: use data.edits.content, not what was asked."
    if decision.denied:
        reason = _reason(decision)
        why = f" Reason: {one_line(reason)}" if reason else ""
        return f"The human did not agree ({decision.action}).{why}"
    return f"The human answered: {decision.action}."


def _reason(decision: Decision) -> str | None:
    if decision.reason:
        return decision.reason
    found = (decision.data.get(name) for name in _REASONS)
    return next((said for said in found if isinstance(said, str) and said), None)
