"""Reading JSON bodies that are no question and no answer."""

from __future__ import annotations

from typing import Any

from openhitl.errors import InvalidRequest, MalformedRequest
from openhitl.protocol.problems import check_storable, text_of
from openhitl.review.http import Request

MAX_REASON_CHARACTERS = 2_000


def body_object(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object of storable values.

    Raises: MalformedRequest, UnsupportedMediaType, InvalidRequest.
    """
    if not request.body:
        raise MalformedRequest("The body is empty.")
    body = request.json()
    check_storable(body)
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return body


def reason_in(request: Request) -> str | None:
    """Read the reason of a cancel, whose body may be missing. Raises: as `body_object`."""
    reason = body_object(request).get("reason") if request.body else None
    return checked_reason(reason) if reason is not None else None


def checked_reason(reason: object) -> str | None:
    """Check the words of a reason; None for blank ones. Raises: InvalidRequest."""
    check_storable(reason)
    return text_of(reason, "reason", most=MAX_REASON_CHARACTERS).strip() or None
