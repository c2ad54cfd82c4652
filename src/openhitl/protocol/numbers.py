"""Numbers: those of JSON, and those that people type, whatever their language."""

from __future__ import annotations

import math
import re
from typing import Any, TypeGuard

_MOST_DIGITS = 9
_SPACES = re.compile(r"[\s\u00a0\u202f'’_]")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
#: Grouped so that nothing else can be meant: two or more groups, or one beside the other separator.
_GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3}){2,})"
)
#: Could be thousands or thousandths: `95,000`, `1,234`, and `95.500`, which no program spells so.
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3}|\.[0-9]{2}0)")


def is_number(value: Any) -> TypeGuard[float]:
    """Tell a finite JSON number from anything else, true and false included."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def parse_whole(text: str) -> int | None:
    """Read up to nine digits of a query or a form; None for anything else.

    Longer ones are nobody's step, page or version, and Python refuses to read some of them.
    """
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def parse_number(text: str) -> int | float | None:
    """Read a typed number: `1234.5`, `1234,5`, `1,234.5`, `1.234,5`, `1 234,5`, `1e6`.

    Returns: a whole one as int, and None for what is no finite number or could be two: `95,000` is
    ninety-five thousand to some and ninety-five to others, so nobody's salary hangs on a guess.
    """
    compact = _SPACES.sub("", text)
    if is_ambiguous(compact):
        return None
    if _GROUPED.fullmatch(compact):
        compact = _ungrouped(compact)
    elif _COMMA.fullmatch(compact):
        compact = compact.replace(",", ".")
    elif not _PLAIN.fullmatch(compact):
        return None
    value = float(compact)
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def is_ambiguous(text: str) -> bool:
    """Tell a number that some read as thousands and others as thousandths."""
    return bool(_AMBIGUOUS.fullmatch(_SPACES.sub("", text)))


def _ungrouped(text: str) -> str:
    """Take the group separators out; the decimal separator, if any, is the last one and differs."""
    last = max(text.rfind(","), text.rfind("."))
    other = "." if text[last] == "," else ","
    if other in text:
        return text.replace(other, "").replace(text[last], ".")
    return text.replace(text[last], "")
