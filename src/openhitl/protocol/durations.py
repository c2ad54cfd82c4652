"""Durations as the wire spells them: ISO 8601 or shorthand. HITL v0.8 §6 `timeout`."""

from __future__ import annotations

import re
from datetime import timedelta

from openhitl.errors import InvalidRequest

DEFAULT_TIMEOUT = "24h"
MIN_TIMEOUT = timedelta(seconds=10)
MAX_TIMEOUT = timedelta(days=7)  # HITL v0.8 §13.1

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORTHAND = re.compile(r"([0-9]{1,7})([smhdw])")
_ISO = re.compile(
    r"P(?=[0-9T])(?:(?P<weeks>[0-9]{1,7})W)?(?:(?P<days>[0-9]{1,7})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,7})H)?(?:(?P<minutes>[0-9]{1,7})M)?"
    r"(?:(?P<seconds>[0-9]{1,7})(?:[.,](?P<thousandths>[0-9]{1,3})[0-9]{0,6})?S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """Read `24h`, `7d`, `90s`, `PT24H`, `P7D` or `P1DT12H`; finer than milliseconds is dropped.

    Only seconds may have a fraction. Years and months have no fixed length and are refused.
    Raises: InvalidRequest.
    """
    short = _SHORTHAND.fullmatch(text)
    if short:
        return timedelta(**{_UNITS[short[2]]: int(short[1])})
    iso = _ISO.fullmatch(text)
    if iso is None:
        raise InvalidRequest("A duration is written like 30m, 24h, 7d, PT24H or P7D.")
    parts = iso.groupdict(default="0")
    milliseconds = int(parts.pop("thousandths").ljust(3, "0"))
    return timedelta(milliseconds=milliseconds, **{unit: int(count) for unit, count in parts.items()})
