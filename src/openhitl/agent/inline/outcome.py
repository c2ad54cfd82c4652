"""What came of a press. HITL v0.8 §7.5 "Responses"."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from openhitl.client.exchange import Response
from openhitl.protocol.visible import visible

MAX_NAME_CHARACTERS = 200


class PressOutcome(StrEnum):
    """What came of a press.

    accepted: it decided the case (200). answered, cancelled (409) and expired (410): the case was over
    before. token_refused (401), not_inline (403) and refused (any other refusal): it cannot be decided
    in the chat, but on the page. busy (429) and unavailable (5xx, or no answer): pressing again may
    help. unknown: no case is kept under the button. not_allowed: the agent does not take this person's
    word.
    """

    ACCEPTED = "accepted"
    ANSWERED = "answered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    TOKEN_REFUSED = "token_refused"  # noqa: S105
    NOT_INLINE = "not_inline"
    REFUSED = "refused"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not_allowed"

    @property
    def is_final(self) -> bool:
        """True if the case is over."""
        return self in _FINAL

    @property
    def may_try_again(self) -> bool:
        """True if the same button may still work."""
        return self in (PressOutcome.BUSY, PressOutcome.UNAVAILABLE)

    @property
    def changes_message(self) -> bool:
        """False if only whoever pressed is told."""
        return self not in (PressOutcome.UNKNOWN, PressOutcome.NOT_ALLOWED)


_FINAL = frozenset(
    {PressOutcome.ACCEPTED, PressOutcome.ANSWERED, PressOutcome.CANCELLED, PressOutcome.EXPIRED}
)
_BY_STATUS: Mapping[int, PressOutcome] = MappingProxyType(
    {
        401: PressOutcome.TOKEN_REFUSED,
        403: PressOutcome.NOT_INLINE,
        408: PressOutcome.UNAVAILABLE,
        409: PressOutcome.ANSWERED,
        410: PressOutcome.EXPIRED,
        425: PressOutcome.UNAVAILABLE,
        429: PressOutcome.BUSY,
    }
)


def outcome_of(response: Response) -> PressOutcome:
    """Read the answer of a submit address."""
    if 200 <= response.status < 300:
        return PressOutcome.ACCEPTED
    if response.status >= 500:
        return PressOutcome.UNAVAILABLE
    if response.status == 409 and _body(response).get("error") == "case_cancelled":
        return PressOutcome.CANCELLED
    return _BY_STATUS.get(response.status, PressOutcome.REFUSED)


def answered_by(response: Response) -> str:
    """Return whom a refusal names as having answered; "" if it names nobody.

    The text is the service's, its hidden characters spelt out.
    """
    body = _object(_body(response).get("responded_by"))
    context = _object(_body(response).get("submission_context"))
    names = (body.get("name"), _object(context.get("submitted_by")).get("display_name"))
    name = next((one for one in names if isinstance(one, str)), "")
    return " ".join(visible(name).split())[:MAX_NAME_CHARACTERS]


def _body(response: Response) -> Mapping[str, Any]:
    try:
        return _object(response.json())
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
