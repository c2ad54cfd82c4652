"""Numbers in paths."""

from __future__ import annotations

from openhitl.errors import NotFound
from openhitl.identity.signing_in import MAX_DIGITS


def number_in(text: str) -> int:
    """Read the number of a person, a session or a passkey. Raises: NotFound for what can be none's."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise NotFound
    return int(text)
