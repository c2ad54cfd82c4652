"""Quoting what a service sent, so that a report can be shown: short, printable, without tokens."""

from __future__ import annotations

import re

MAX_CHARACTERS = 400
_TOKENS = re.compile(r"(token(?:=|\"\s*:\s*\"|'\s*:\s*'))[^&\s\"'<>]+", re.IGNORECASE)


def quoted(text: str) -> str:
    """Cut a text, mask tokens in it, and make what is not printable visible."""
    masked = _TOKENS.sub(r"\1…", text)
    printable = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in masked)
    return printable if len(printable) <= MAX_CHARACTERS else f"{printable[:MAX_CHARACTERS]}…"
