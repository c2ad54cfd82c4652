"""Reading what the addresses of lists say: how many, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from openhitl.errors import InvalidRequest
from openhitl.protocol.numbers import parse_whole

MAX_PAGE = 200
USUAL_PAGE = 50


def limit_in(query: Mapping[str, str]) -> int:
    """Read how many are wanted at most: 1 to 200. Raises: InvalidRequest."""
    number = parse_whole(query.get("limit", str(USUAL_PAGE)))
    if number is None or not 1 <= number <= MAX_PAGE:
        raise InvalidRequest(f"limit must be a whole number from 1 to {MAX_PAGE}.")
    return number


def instant_in(query: Mapping[str, str], name: str) -> datetime | None:
    """Read an instant; without a time zone it is UTC. Raises: InvalidRequest."""
    value = query.get(name)
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        message = f"{name} must be an ISO 8601 instant, such as 2026-02-20T16:00:00Z."
        raise InvalidRequest(message) from error
