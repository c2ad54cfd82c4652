"""Instants as the wire spells them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

#: An instant is said several times in a row: in what is shown, in the response, in the log.
JUST_SAID = 256


@lru_cache(maxsize=JUST_SAID)
def timestamp(instant: datetime) -> str:
    """Spell an aware instant in UTC: `2026-02-20T10:00:00Z`, with `.123` only if it has milliseconds."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    text = instant.isoformat()[:19]
    milliseconds = instant.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 instant that names its zone, cut to whole milliseconds. Raises: ValueError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("the instant names no time zone")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant is out of range") from error
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
