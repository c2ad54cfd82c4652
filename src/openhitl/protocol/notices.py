"""How notices are called: each has one id, which no case has."""

from __future__ import annotations

from openhitl.protocol.numbers import parse_whole

PREFIX = "notice_"


def notice_id(number: int) -> str:
    """Spell the id of a notice."""
    return f"{PREFIX}{number}"


def notice_number(given: object) -> int | None:
    """Read the id of a notice; None for anything else, another spelling of it included."""
    number = parse_whole(given.removeprefix(PREFIX)) if isinstance(given, str) else None
    return number if number is not None and given == notice_id(number) else None
