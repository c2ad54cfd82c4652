"""JSON as it goes over the wire and into the store: without spaces, characters as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def compact(value: Any) -> bytes:
    """Spell a JSON value that `problems.check_storable` finds no fault with, as UTF-8.

    Raises: TypeError for what JSON has no form for. NaN and infinities become null: check before.
    """
    return orjson.dumps(value, default=_plain_object, option=_OPTIONS)


def _plain_object(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
