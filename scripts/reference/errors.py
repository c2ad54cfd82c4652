"""The errors, from the classes that are raised."""

from __future__ import annotations

from collections.abc import Iterator

from openhitl import errors
from openhitl.errors import CallerError, HitlError, NoAnswer, PeerError, StoreError
from scripts.reference.tables import code, table

_HEAD = """# Errors

Over HTTP an error is `{"error": "<code>", "message": "<sentence>", …}` with the status below; `hint` and
details come with it where there are any. The commands print `error:` and `hint:` on standard error. In
Python each is an exception of `openhitl.errors`, with `code`, `message`, `hint` and `details`. A code never
changes its meaning; sentences may.
"""
_FAMILIES: tuple[tuple[type[HitlError], str], ...] = (
    (CallerError, "What was asked for is refused"),
    (NoAnswer, "There is no answer"),
    (PeerError, "Somebody else failed"),
    (StoreError, "The server's storage failed"),
    (HitlError, "Anything else"),
)


def page() -> str:
    """Write the page."""
    parts = [_HEAD]
    told: set[type[HitlError]] = set()
    for family, title in _FAMILIES:
        members = [member for member in descend(family) if member not in told]
        told.update(members)
        parts.append(
            f"\n## {title}\n\n" + table(("code", "status", "exception", "means"), map(_row, members))
        )
    return "".join(parts)


def descend(family: type[HitlError]) -> Iterator[type[HitlError]]:
    """Yield a class and all of `openhitl.errors` that derive from it, in the order of their definition."""
    yield family
    for child in family.__subclasses__():
        if child.__module__.startswith(f"{errors.__name__}."):
            yield from descend(child)


def _row(error: type[HitlError]) -> tuple[str, str, str, str]:
    sentence = (error.__doc__ or "").strip().splitlines()[0]
    return code(error.code), str(error.status), code(error.__name__), f"{sentence} {error.hint}".strip()
