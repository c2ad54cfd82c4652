"""One HTTP request and its answer as plain values, so that building and reading them is pure."""

from __future__ import annotations

import email.utils
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openhitl.errors import PeerError

MAX_PAUSE_SECONDS = 3600.0


def decode_json(body: bytes | str) -> Any:
    """Decode what somebody sent. Raises: ValueError if it is not JSON, or nested beyond reason."""
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send. `repeatable` is true if sending it twice does no more than sending it once.

    Addresses may hold tokens, and bodies what nobody may log: neither is in the repr.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; header names are in lower case. Only the status is in the repr."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)

    def json(self) -> Any:
        """Decode the body. Raises: ValueError if it is not JSON."""
        return decode_json(self.body)

    def retry_after(self, *, now: datetime) -> float | None:
        """Return the seconds that the server asks to wait, at most an hour; None if it does not.

        RFC 9110 §10.2.3: a number of seconds, or a date, which is compared with `now`.
        """
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            seconds = float(value)
        else:
            try:
                instant = email.utils.parsedate_to_datetime(value)
            except (ValueError, OverflowError):  # the latter for a zone beyond all hours
                return None
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            seconds = (instant - now).total_seconds()
        return min(max(seconds, 0.0), MAX_PAUSE_SECONDS)


def json_object(response: Response) -> dict[str, Any]:
    """Decode a body that must be a JSON object. Raises: PeerError."""
    try:
        body = response.json()
    except ValueError as error:
        raise PeerError("The server's answer is not JSON.") from error
    if not isinstance(body, dict):
        raise PeerError("The server's answer is not a JSON object.")
    return body
