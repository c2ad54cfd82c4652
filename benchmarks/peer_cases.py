"""What the peer knows: cases, tokens and keys in dicts. Nothing is durable."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

POLLS_PER_MINUTE = 1_000_000_000  # the count is kept and told, the limit is out of reach
ACTIONS = {
    "approval": ("approve", "edit", "reject"),
    "selection": ("select",),
    "input": ("submit",),
    "confirmation": ("confirm", "cancel"),
    "escalation": ("retry", "skip", "abort"),
}
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Problem(Exception):
    """A refusal: an HTTP status, a stable code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": code, "message": message}


class Question(BaseModel):
    """The body of a create. HITL v0.8 §6."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["approval", "selection", "input", "confirmation", "escalation"]
    prompt: Annotated[str, Field(min_length=1, max_length=500)]
    message: str | None = None
    context: dict[str, Any] = {}
    timeout: Annotated[str, Field(pattern=r"^\d{1,6}[smhd]$")] = "24h"
    default_action: Literal["skip", "approve", "reject", "abort"] = "skip"
    metadata: dict[str, Any] = {}

    @property
    def duration(self) -> timedelta:
        return timedelta(**{UNITS[self.timeout[-1]]: int(self.timeout[:-1])})


class Reply(BaseModel):
    """The body of a respond. HITL v0.8 §7.5."""

    model_config = ConfigDict(extra="forbid")

    action: Annotated[str, Field(max_length=50)]
    data: dict[str, Any] = {}
    submission_id: Annotated[str, Field(max_length=100)] | None = None


@dataclass
class Case:
    """One review case. `waiting` are the queues of its open event streams."""

    case_id: str
    question: Question
    owner: str
    created_at: datetime
    expires_at: datetime
    status: str = "pending"
    version: int = 1
    completed_at: datetime | None = None
    result: dict[str, Any] | None = None
    waiting: list[asyncio.Queue[str]] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return f'"v{self.version}-{self.status}"'

    def poll_body(self) -> dict[str, Any]:
        """Spell the poll body. HITL v0.8 §8."""
        body: dict[str, Any] = {
            "status": self.status,
            "case_id": self.case_id,
            "created_at": timestamp(self.created_at),
            "expires_at": timestamp(self.expires_at),
        }
        if self.completed_at is not None:
            body["completed_at"] = timestamp(self.completed_at)
            body["result"] = self.result
            body["submission_context"] = {"mode": "browser_submit", "submitted_via": "page"}
        return body


class Cases:
    """Everything that the peer knows, in dicts. Keys and tokens are known by their SHA-256."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self._cases: dict[str, Case] = {}
        self._keys = {sha256(key): "bench"}
        self._tokens: dict[bytes, str] = {}
        self._made: dict[tuple[str, str], tuple[Question, dict[str, Any]]] = {}
        self._minute = 0
        self._polls: Counter[str] = Counter()

    def agent_of(self, key: str) -> str:
        """Name the agent whose key this is. Raises: Problem."""
        agent = self._keys.get(sha256(key))
        if agent is None:
            raise Problem(401, "invalid_token", "The token or key is not valid here.")
        return agent

    def owned(self, case_id: str, agent: str) -> Case:
        """Find a case of this agent. Raises: Problem, the same for a foreign case."""
        case = self._cases.get(case_id)
        if case is None or case.owner != agent:
            raise Problem(404, "not_found", "There is no such thing here.")
        return case

    def reviewed(self, case_id: str, token: str) -> Case:
        """Find the case that a review token opens. Raises: Problem."""
        case = self._cases.get(case_id)
        if case is None:
            raise Problem(404, "not_found", "There is no such thing here.")
        if self._tokens.get(sha256(token)) != case_id:
            raise Problem(401, "invalid_token", "The token or key is not valid here.")
        return case

    def create(self, question: Question, agent: str, key: str | None) -> dict[str, Any]:
        """Make a case and return the 202 body; the same key with the same body returns what it made."""
        if key is None:
            return self._create(question, agent)
        made = self._made.get((agent, key))
        if made is None:
            made = self._made[agent, key] = (question, self._create(question, agent))
        if made[0] != question:
            raise Problem(422, "idempotency_mismatch", "This key was used before with another body.")
        return made[1]

    def _create(self, question: Question, agent: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        case_id = f"review_{secrets.token_hex(13)}"
        case = Case(case_id, question, agent, created_at=now, expires_at=now + question.duration)
        self._cases[case_id] = case
        return self._accepted_body(case)

    def _accepted_body(self, case: Case) -> dict[str, Any]:
        question, base = case.question, self.base_url
        review_token = self._new_token("hitlr_", case.case_id)
        submit_token = self._new_token("hitls_", case.case_id)
        hitl = {
            "spec_version": "0.8",
            "case_id": case.case_id,
            "review_url": f"{base}/review/{case.case_id}?token={review_token}",
            "poll_url": f"{base}/api/reviews/{case.case_id}/status",
            "events_url": f"{base}/api/reviews/{case.case_id}/events",
            "callback_url": None,
            "type": question.type,
            "prompt": question.prompt,
            "timeout": question.timeout,
            "default_action": question.default_action,
            "created_at": timestamp(case.created_at),
            "expires_at": timestamp(case.expires_at),
            "context": question.context,
            "submit_url": f"{base}/reviews/{case.case_id}/respond",
            "submit_token": submit_token,
        }
        return {
            "status": "human_input_required",
            "message": question.message or question.prompt,
            "hitl": hitl,
        }

    def _new_token(self, prefix: str, case_id: str) -> str:
        token = prefix + secrets.token_urlsafe(32)
        self._tokens[sha256(token)] = case_id
        return token

    def submit(self, case: Case, reply: Reply) -> dict[str, Any]:
        """Answer a case, once, and tell who waits for it. Raises: Problem."""
        if case.status == "completed":
            raise Problem(409, "duplicate_submission", "This case was already answered.")
        now = datetime.now(UTC)
        if now >= case.expires_at:
            raise Problem(410, "case_expired", "The deadline of this case has passed.")
        if reply.action not in ACTIONS[case.question.type]:
            raise Problem(422, "invalid_action", "The action is not one of this review type.")
        case.status, case.completed_at, case.version = "completed", now, case.version + 1
        case.result = {"action": reply.action, "data": reply.data}
        for queue in case.waiting:
            queue.put_nowait(event_text(case))
        return {
            "status": case.status,
            "case_id": case.case_id,
            "completed_at": timestamp(now),
            "result": case.result,
        }

    def rate_headers(self, case_id: str) -> dict[str, str]:
        """Count one poll of a case in this minute. Raises: Problem beyond the limit."""
        now = time.time()
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._polls.clear()
        self._polls[case_id] += 1
        remaining = POLLS_PER_MINUTE - self._polls[case_id]
        if remaining < 0:
            raise Problem(429, "rate_limited", "This case is polled too often.")
        return {
            "X-RateLimit-Limit": str(POLLS_PER_MINUTE),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(60 - int(now % 60)),
        }


def event_text(case: Case) -> str:
    """Spell the state of a case as an event."""
    data: dict[str, Any] = {"case_id": case.case_id}
    if case.completed_at is None:
        data["created_at"] = timestamp(case.created_at)
        data["expires_at"] = timestamp(case.expires_at)
    else:
        data["completed_at"] = timestamp(case.completed_at)
        data["result"] = case.result
    return f"id: {case.version}\nevent: review.{case.status}\ndata: {json.dumps(data)}\n\n"


def timestamp(instant: datetime) -> str:
    """Spell an instant as the wire does: UTC, milliseconds, `Z`."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sha256(secret: str) -> bytes:
    """Return the only form in which a secret is kept."""
    return hashlib.sha256(secret.encode()).digest()
