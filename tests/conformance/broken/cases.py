"""What the service remembers of a case, and how it speaks of it."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

ACTIONS = {
    "approval": ("approve", "edit", "reject"),
    "selection": ("select",),
    "input": ("submit",),
    "confirmation": ("confirm", "cancel"),
    "escalation": ("retry", "skip", "abort"),
}
OPEN = ("pending", "opened")
#: A second is short here, so that nobody waits long for a case to expire.
_UNITS = {"s": 0.1, "m": 60, "h": 3600, "d": 86_400}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        self.status = status
        self.body = {"error": code, "message": f"Refused: {code}.", **more}
        super().__init__(code)


@dataclass
class Case:
    """One case. `events` are (name, data), numbered from 1."""

    id: str
    base: str
    question: dict[str, Any]
    created: datetime
    expires: datetime
    review_token: str
    submit_token: str
    short: bool = False
    status: str = "pending"
    finished: datetime | None = None
    result: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    version: int = 1
    polls: int = 0
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def type(self) -> str:
        return str(self.question["type"])

    @property
    def slug(self) -> str:
        """The id as it stands in addresses."""
        return self.id.removeprefix("review_") if self.short else self.id

    @property
    def inline_actions(self) -> list[str] | None:
        return self.question.get("inline_actions")


class Cases:
    """All cases of one service, which has some defects."""

    def __init__(self, defects: frozenset[str]) -> None:
        self._defects = defects
        self._cases: dict[str, Case] = {}
        self._numbers = itertools.count(1)

    def create(self, question: dict[str, Any], base: str) -> Case:
        number, unit = re.fullmatch(r"(\d+)([smhd])", question["timeout"]).groups()
        if "open_for_a_month" in self._defects and question["timeout"] == "1h":
            question["timeout"] = "30d"
            number, unit = "30", "d"
        now = datetime.now(UTC)
        case = Case(
            id=f"review_{next(self._numbers)}_{secrets.token_hex(4)}",
            base=base,
            question=question,
            created=now,
            expires=now + timedelta(seconds=int(number) * _UNITS[unit]),
            review_token=secrets.token_hex(8)
            if "short_tokens" in self._defects
            else secrets.token_urlsafe(32),
            submit_token=f"agt_{secrets.token_urlsafe(32)}",
            short="short_ids" in self._defects,
        )
        if "one_token" in self._defects:
            case.submit_token = case.review_token
        if "begins_opened" in self._defects:
            case.status = "opened"
        self._cases[case.slug] = case
        case.events.append((f"review.{case.status}", self.data(case)))
        return case

    def named(self, case_id: str) -> Case:
        if case_id not in self._cases:
            raise Refused(404, "not_found")
        case = self._cases[case_id]
        if case.status in OPEN and datetime.now(UTC) >= case.expires:
            case.status, case.finished, case.version = "expired", case.expires, case.version + 1
            if "no_expired_event" not in self._defects:
                case.events.append(("review.expired", self.data(case)))
        return case

    def with_review_token(self, token: str) -> list[Case]:
        return [case for case in self._cases.values() if case.review_token == token]

    async def complete(self, case: Case, result: dict[str, Any], context: dict[str, Any]) -> None:
        case.status, case.finished, case.version = "completed", datetime.now(UTC), case.version + 1
        if "completed_in_future" in self._defects:
            case.finished += timedelta(hours=2)
        case.result, case.context = result, context
        if "odd_event" in self._defects:
            case.events.append(("decided", {"case_id": case.id}))
        if "no_completed_event" not in self._defects:
            case.events.append(("review.completed", self.data(case)))
        async with case.news:
            case.news.notify_all()

    def public_id(self, case: Case) -> str:
        return "review_always_the_same" if "same_id" in self._defects else case.id

    def data(self, case: Case) -> dict[str, Any]:
        """Spell the state of a case as the data of an event."""
        poll = self.poll(case)
        wanted = (
            "case_id",
            "created_at",
            "opened_at",
            "completed_at",
            "expired_at",
            "result",
            "default_action",
        )
        return {name: poll[name] for name in wanted if name in poll}

    def poll(self, case: Case) -> dict[str, Any]:
        """Spell the poll body."""
        body: dict[str, Any] = {
            "status": case.status,
            "case_id": self.public_id(case),
            "created_at": written(case.created),
        }
        if case.status in OPEN:
            if "no_expires_at" not in self._defects:
                body["expires_at"] = written(case.expires)
            if case.status == "opened":
                body["opened_at"] = written(case.created)
        if case.status == "completed" and "no_completed_at" not in self._defects:
            body["completed_at"] = written(case.finished)
        if case.status == "completed":
            body |= {"result": case.result, "submission_context": case.context}
        if case.status == "expired":
            body["expired_at"] = written(case.finished)
            if "no_default_action" not in self._defects:
                body["default_action"] = case.question["default_action"]
        return body

    def etag(self, case: Case) -> str:
        version = 1 if "constant_etag" in self._defects else case.version
        return f'"{hashlib.sha256(case.id.encode()).hexdigest()[:8]}-{version}"'


def written(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
