"""Canonical JSON (RFC 8785), the bytes that digests are taken over."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from openhitl.errors import InvalidRequest
from openhitl.protocol.base64url import encode

_encode_text = json.JSONEncoder(ensure_ascii=False).encode
_MAX_EXACT = 2**53
_ALWAYS_PLAIN = frozenset({str, bool, type(None)})


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a JSON value.

    Raises: InvalidRequest for NaN, infinities, lone surrogates and what JSON has no form for.
    """
    # json.dumps sorts by code point and writes numbers its own way; both differ from RFC 8785 only
    # for keys beyond the basic plane and for numbers that are not small integers.
    try:
        if _is_plain(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return _exact(value).encode("utf-8")
    except (UnicodeEncodeError, orjson.JSONEncodeError) as error:
        raise InvalidRequest("Text holds half a character (a lone surrogate).") from error


def digest(value: Any) -> str:
    """Return base64url SHA-256, without padding, of the canonical bytes."""
    return encode(hashlib.sha256(canonical(value)).digest())


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in _ALWAYS_PLAIN:
        return True
    if kind is dict:
        for key, one in value.items():
            if type(key) is not str or not key.isascii():
                return False
            if type(one) not in _ALWAYS_PLAIN and not _is_plain(one):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    return kind is int and -_MAX_EXACT <= value <= _MAX_EXACT


def _exact(value: Any) -> str:
    if value is None or isinstance(value, (str, bool)):
        return _encode_text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_exact, value)) + "]"
    if isinstance(value, Mapping):
        keys = sorted(value, key=_utf16)
        return "{" + ",".join(f"{_encode_text(key)}:{_exact(value[key])}" for key in keys) + "}"
    raise InvalidRequest(f"JSON has no form for {type(value).__name__}.")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _number(number: float) -> str:
    """Write a number as ECMAScript does. RFC 8785 §3.2.2.3, ECMA-262 Number::toString."""
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise InvalidRequest("JSON has no form for NaN, infinity or numbers beyond 1.8e308.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.digits × 10^point.
    point = len(whole) + int(exponent_text or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return sign + _spell(digits, point)


def _spell(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    rest = "." + digits[1:] if count > 1 else ""
    return f"{digits[0]}{rest}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
