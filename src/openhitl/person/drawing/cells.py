"""How many columns text takes on a terminal, and where it is broken."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

TAB = "    "
#: Below this there is no sense in breaking words; lines are then longer than asked for.
LEAST_CELLS = 8
_EMOJI_STYLE = "\ufe0f"


def cells(text: str) -> int:
    """Count the columns of a text: never fewer than it takes, so that a line never runs over."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if character == _EMOJI_STYLE:  # what stands before it is drawn wide
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def broken(text: str, width: int) -> Iterator[str]:
    """Break one line into pieces of at most `width` columns, at a space if one is there.

    Spaces at the start and inside stay as they are, those at a break are left out.
    """
    width = max(width, LEAST_CELLS)
    rest = text
    while cells(rest) > width:
        at = _fitting(rest, width)
        space = rest.rfind(" ", 0, at + 1)
        cut = space if space > 0 and rest[:space].strip() else at
        yield rest[:cut].rstrip(" ")
        rest = rest[cut:].lstrip(" ") if cut == space else rest[cut:]
    yield rest


def _fitting(text: str, width: int) -> int:
    """Count the characters from the start that fit, at least one."""
    used = 0
    for index, character in enumerate(text):
        used += _cells(character)
        if used > width:
            return max(index, 1)
    return len(text)


def fitted(text: str, width: int) -> str:
    """Cut a text to so many columns, with a mark where something is left out."""
    if cells(text) <= width:
        return text
    return text[: _fitting(text, max(width - 1, 1))] + "…"


def padded(text: str, width: int) -> str:
    """Fill a text up to so many columns."""
    return text + " " * (width - cells(text))
