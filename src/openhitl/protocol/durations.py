"""Durations as the wire spells them: ISO 8601 or shorthand. HITL v0.8 §6 `timeout`."""

from __future__ import annotations

import re
from datetime import timedelta

from openhitl.errors import InvalidRequest

DEFAULT_TIMEOUT = "24h"
MIN_TIMEOUT = timedelta(seconds=10)
MAX_TIMEOUT = timedelta(days=7)  # HITL v0.8 §13.1

_SHORTHAND = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_ISO = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})(?:\.[0-9]{1,6})?S)?)?",
    re.ASCII,
)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_ISO_SECONDS = (_SECONDS["w"], _SECONDS["d"], _SECONDS["h"], _SECONDS["m"], _SECONDS["s"])


def parse_duration(text: str) -> timedelta:
    """Read `24h`, `7d`, `90s`, `PT24H`, `P7D` or `P1DT12H`; fractions of a second are dropped.

    Years and months have no fixed length and are refused. Raises: InvalidRequest.
    """
    short = _SHORTHAND.fullmatch(text)
    if short:
        return timedelta(seconds=int(short[1]) * _SECONDS[short[2]])
    iso = _ISO.fullmatch(text)
    if iso:
        return timedelta(
            seconds=sum(int(part or 0) * unit for part, unit in zip(iso.groups(), _ISO_SECONDS, strict=True))
        )
    raise InvalidRequest("A duration is written like 30m, 24h, 7d, PT24H or P7D.")
