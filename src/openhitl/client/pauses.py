"""How long to pause before trying again, so that many clients never knock together."""

from __future__ import annotations

import random

MAX_BACKOFF_SECONDS = 30.0
#: Statuses that say: not now.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def backoff_seconds(failures: int) -> float:
    """Return the pause after this many failures in a row (from 1): half a second, doubling to 30.

    Up to half of it is left to chance.
    """
    ceiling = min(MAX_BACKOFF_SECONDS, 0.25 * 2 ** min(failures, 10))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311


def jittered(seconds: float) -> float:
    """Return a pause of at least this long and at most a tenth longer."""
    return seconds * random.uniform(1.0, 1.1)  # noqa: S311
