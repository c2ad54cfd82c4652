"""Instants as people say them, in the zone of their terminal."""

from __future__ import annotations

from datetime import datetime, timedelta

_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def moment(instant: datetime, now: datetime) -> str:
    """Say an instant in the zone of `now`: `19:00 today (CET)`."""
    local = instant.astimezone(now.tzinfo)
    days = (local.date() - now.date()).days
    if days in _NEAR:
        day = _NEAR[days]
    elif local.year == now.year:
        day = f"{local:%a} {local.day} {local:%b}"
    else:
        day = f"{local.day} {local:%b %Y}"
    return f"{local:%H:%M} {day} ({local.tzname()})"


def distance(far: timedelta) -> str:
    """Say how far away an instant is, in its two largest units: `in 3 h 20 min`, `2 d ago`."""
    words = units(abs(far))
    return f"in {words}" if far >= timedelta(0) else f"{words} ago"


def units(far: timedelta) -> str:
    """Say a length of time in its two largest units, rounded down."""
    minutes = int(far.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "less than 1 min"
