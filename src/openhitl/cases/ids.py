"""Public ids of cases."""

from __future__ import annotations

import os

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
RANDOM_BYTES = 10
DRAWN_AT_ONCE = 400
#: Behind `review_`, five bits each.
ID_CHARACTERS = 26


def drawn_at(case_id: str) -> int | None:
    """Say when an id was made, in milliseconds since the epoch; None if it is none of ours."""
    head, _, tail = case_id.partition("_")
    if head != "review" or len(tail) != ID_CHARACTERS or not set(tail) <= set(_ALPHABET):
        return None
    number = 0
    for character in tail:
        number = number << 5 | _ALPHABET.index(character)
    return number >> (8 * RANDOM_BYTES)


class CaseIds:
    """Makes ids: `review_`, ten characters of time, sixteen of randomness (80 bits).

    Ids made later sort later. HITL v0.8 §6 recommends `review_{random}`. Randomness is drawn for many
    ids at once, since every draw gives way to another thread.
    """

    def __init__(self) -> None:
        self._drawn = b""
        self._used = 0

    def new(self, milliseconds: int) -> str:
        """Make an id for an instant in milliseconds since the epoch."""
        if self._used == len(self._drawn):
            self._drawn = os.urandom(RANDOM_BYTES * DRAWN_AT_ONCE)
            self._used = 0
        chance = self._drawn[self._used : self._used + RANDOM_BYTES]
        self._used += RANDOM_BYTES
        number = (milliseconds << (8 * RANDOM_BYTES)) | int.from_bytes(chance)
        return "review_" + "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])
