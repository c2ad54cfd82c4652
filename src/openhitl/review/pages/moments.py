"""Instants as people say them: absolute with zone, and how far away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta

from openhitl.protocol.record import record
from openhitl.protocol.timestamps import timestamp
from openhitl.words import N_, Words

_NEAR = {-1: N_("yesterday"), 0: N_("today"), 1: N_("tomorrow")}


@record(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant to put into `<time>`: `iso` for machines, the rest for people."""

    iso: str
    said: str
    zone: str
    relative: str


def moment(instant: datetime, *, now: datetime, words: Words, zone: str | None = None) -> Moment:
    """Say an instant in the reader's zone, or in UTC, labelled so."""
    where: tzinfo = ZoneInfo(zone) if zone else UTC
    local, today = instant.astimezone(where), now.astimezone(where).date()
    clock = format_time(local, "HH:mm", locale=words.language)
    days = (local.date() - today).days
    if days in _NEAR:
        day = words.gettext(_NEAR[days])
    else:
        pattern = "EEE d MMM" if local.year == today.year else "d MMM y"
        day = format_date(local.date(), pattern, locale=words.language)
    said = words.gettext("%(time)s %(day)s") % {"time": clock, "day": day}
    return Moment(
        iso=timestamp(instant),
        said=said,
        zone=zone.rpartition("/")[2].replace("_", " ") if zone else "UTC",
        relative=_relative(instant - now, words),
    )


def _relative(distance: timedelta, words: Words) -> str:
    """Say a distance in its one largest unit, rounded down: "in 3 hours", "2 days ago"."""
    seconds = int(distance.total_seconds())
    unit = next((size for size in (86400, 3600, 60) if abs(seconds) >= 2 * size), 60)
    whole = timedelta(seconds=int(seconds / unit) * unit) if abs(seconds) >= unit else distance
    return format_timedelta(whole, add_direction=True, threshold=2, locale=words.language)
