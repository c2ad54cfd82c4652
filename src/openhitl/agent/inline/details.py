"""A case's context as plain lines, for a chat that knows neither tables nor folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openhitl.protocol.case import Json
from openhitl.protocol.visible import visible

MAX_DEPTH = 8
MAX_CHARACTERS = 8000
_INDENT = "  "
_ITEM = "-"


def details_of(context: Json) -> str | None:
    """Spell everything that a context says, a line for each value.

    None if that is more than 8,000 characters or nested more than 8 levels deep: too much for any
    chat, and nobody decides on a part of it.
    """
    lines: list[str] = []
    room = MAX_CHARACTERS
    for line in _members(context, 0):
        if line is None:
            return None
        room -= len(line) + 1
        if room < 0:
            return None
        lines.append(line)
    return "\n".join(lines)


def _members(members: Json, depth: int) -> Iterator[str | None]:
    for name, value in members.items():
        yield from _value(f"{_words(str(name))}:", value, depth)


def _value(label: str, value: Any, depth: int) -> Iterator[str | None]:
    """Yield the lines of one labelled value; None where it is nested too deep."""
    if depth > MAX_DEPTH:
        yield None
        return
    lead = _INDENT * depth
    if isinstance(value, Mapping):
        members = _members(value, depth + 1)
        if label == _ITEM:
            # An object in a list begins beside the dash.
            first = next(members, "")
            yield None if first is None else f"{lead}{_ITEM} {first.lstrip()}".rstrip()
        else:
            yield f"{lead}{label}"
        yield from members
    elif isinstance(value, list):
        yield f"{lead}{label}"
        for one in value:
            yield from _value(_ITEM, one, depth + 1)
    else:
        lines = visible(_scalar(value)).strip("\r\n").split("\n")
        if len(lines) == 1:
            yield f"{lead}{label} {lines[0]}".rstrip()
        else:
            yield f"{lead}{label}"
            for line in lines:
                yield f"{lead}{_INDENT}{line}".rstrip()


def _words(name: str) -> str:
    text = visible(name).replace("_", " ").replace("\n", " ")
    return text[:1].upper() + text[1:]


def _scalar(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
