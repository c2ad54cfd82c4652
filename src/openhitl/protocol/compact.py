"""JSON as it goes over the wire: without spaces, characters as they are."""

from __future__ import annotations

import json

#: Spell a JSON value. Raises: ValueError for NaN and infinities, which JSON cannot spell.
compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
