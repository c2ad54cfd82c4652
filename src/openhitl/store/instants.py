"""Instants as the database keeps them: whole milliseconds since the epoch, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(instant: datetime) -> int:
    """Return milliseconds since the epoch of an aware instant that has whole milliseconds."""
    # Rounded, since a float of seconds lies a little beside most milliseconds.
    return round(instant.timestamp() * 1000)


def maybe_ms(instant: datetime | None) -> int | None:
    """Return milliseconds since the epoch, or None for None."""
    return None if instant is None else round(instant.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """Return the aware UTC instant of milliseconds since the epoch."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def maybe_from_ms(milliseconds: int | None) -> datetime | None:
    """Return the instant, or None for None."""
    return None if milliseconds is None else EPOCH + timedelta(milliseconds=milliseconds)


def now_ms() -> int:
    """Return the present, for rows whose time decides nothing."""
    return to_ms(datetime.now(UTC))
