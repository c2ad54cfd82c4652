"""Sensitive form values between the steps of a wizard: sealed, and kept by the human's browser.

They are never in a draft (design: sensitive values are stored once, with the answer), so without
script they travel in a cookie that only this server can open, and only for the same case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from openhitl.errors import WrongSecret
from openhitl.keyring import Keyring
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.compact import compact

#: A cookie may hold 4,096 bytes with its name and attributes.
MAX_COOKIE_CHARACTERS = 3_700


class Carrier:
    """Seals and opens what a browser carries."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal(self, case_id: str, values: Mapping[str, Any]) -> str | None:
        """Seal values for a cookie; None if they do not fit and have to be asked for again."""
        plain = compact(values)
        sealed = self._keyring.seal(plain, bound_to=_name(case_id))
        text = encode(sealed)
        return text if len(text) <= MAX_COOKIE_CHARACTERS else None

    def unseal(self, case_id: str, text: str | None) -> dict[str, Any]:
        """Open a cookie's values; none if it is absent, altered or of another case."""
        if not text:
            return {}
        try:
            values = json.loads(self._keyring.unseal(decode(text), bound_to=_name(case_id)))
        except (WrongSecret, ValueError):
            return {}
        return values if isinstance(values, dict) else {}


def _name(case_id: str) -> str:
    return f"carry:{case_id}"
