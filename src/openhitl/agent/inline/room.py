"""Text that has to fit: how long it is for a platform, and where to cut it."""

from __future__ import annotations

from collections.abc import Callable

CUT = " …"


def size(text: str) -> int:
    """Count UTF-16 units, the strictest of the platforms' ways to count characters."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, most: int, *, measure: Callable[[str], int] = size) -> str:
    """Return the text, or as much of its start as measures at most `most` with the mark of the cut.

    Returns "" where not even that fits. A longer start must never measure less.
    """
    if measure(text) <= most:
        return text
    low, high = 0, min(len(text), max(most, 0))
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + CUT) <= most:
            low = middle
        else:
            high = middle - 1
    start = text[:low].rstrip()
    return start + CUT if start else ""
