"""Public ids of cases."""

from __future__ import annotations

import os

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case
_RANDOM_BYTES = 10


def new_case_id(milliseconds: int) -> str:
    """Make a case id: `review_`, ten characters of time, sixteen of randomness (80 bits).

    Ids made later sort later. HITL v0.8 §6 recommends `review_{random}`.
    """
    number = (milliseconds << (8 * _RANDOM_BYTES)) | int.from_bytes(os.urandom(_RANDOM_BYTES))
    digits = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return "review_" + "".join(digits)
