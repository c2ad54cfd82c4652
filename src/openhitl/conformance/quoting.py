"""Quoting what a service sent, so that a report can be shown: short, printable, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_CHARACTERS = 400
_TOKENS = re.compile(r"(token(?:=|\"\s*:\s*\"|'\s*:\s*'))[^&\s\"'<>]+", re.IGNORECASE)


def quoted(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask secrets and tokens in a text, make what is not printable visible, and cut it."""
    for secret in secrets:
        text = text.replace(secret, "…")
    masked = _TOKENS.sub(r"\1…", text[: 10 * MAX_CHARACTERS])
    printable = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in masked)
    return printable if len(printable) <= MAX_CHARACTERS else f"{printable[:MAX_CHARACTERS]}…"
