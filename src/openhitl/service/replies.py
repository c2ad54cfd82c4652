"""What a service answers when it asked a human, or could not: values that any framework can send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openhitl.errors import HitlError
from openhitl.review.http import RETRY_AFTER_SECONDS, error_body, error_headers


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to whoever called the service; `body` is to be sent as JSON."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str]


class Accepted(Reply):
    """The 202 that says that a human is asked. HITL v0.8 §6. Its addresses hold tokens: do not log them."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Accepted:
        return cls(202, body, {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"})

    @property
    def case_id(self) -> str:
        return str(self.body["hitl"]["case_id"])

    @property
    def review_url(self) -> str:
        """Where the human answers: whoever holds it decides."""
        return str(self.body["hitl"]["review_url"])


def refusal(error: HitlError) -> Reply:
    """Spell an error of this package as its routes do: `{"error": code, "message": …}`."""
    return Reply(error.status, error_body(error), {"Cache-Control": "no-store", **dict(error_headers(error))})
