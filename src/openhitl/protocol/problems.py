"""What is wrong with a request: each problem with its path, all of them in one refusal."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Never, ParamSpec, TypeVar, cast

from openhitl.errors import InvalidRequest
from openhitl.protocol.visible import visible

SUMMARY = "One or more fields are not valid."
MAX_DEPTH = 32
MAX_WHOLE = 2**53 - 1  # RFC 8785 §3.1, RFC 7493 §2.2: beyond it, two numbers may read as one
_MAX_NAME_CHARACTERS = 100
_Given = ParamSpec("_Given")
_Read = TypeVar("_Read")


class Problems:
    """Collects what is refused, so that a caller is told all at once."""

    def __init__(self) -> None:
        self._errors: list[dict[str, str]] = []

    def take(self, read: Callable[_Given, _Read], *args: _Given.args, **kwargs: _Given.kwargs) -> _Read:
        """Return what a function reads.

        What it refuses as InvalidRequest is kept: None stands in for it, which `raise_any` never lets
        out. A refusal of another kind goes through.
        """
        try:
            return read(*args, **kwargs)
        except InvalidRequest as error:
            self._errors.extend(error.details["errors"])
            return cast("_Read", None)

    def raise_any(self) -> None:
        """Raise: InvalidRequest that lists everything collected, if anything was."""
        if self._errors:
            raise InvalidRequest(SUMMARY, errors=self._errors)


def invalid(path: str, message: str) -> Never:
    """Raise: InvalidRequest for one field."""
    raise InvalidRequest(SUMMARY, errors=[{"path": path, "message": message}])


def text_of(value: Any, path: str, *, most: int | None = None, least: int = 0) -> str:
    """Check that a value is text of so many characters. Raises: InvalidRequest."""
    if not isinstance(value, str):
        invalid(path, "is required" if value is None else "must be text")
    if len(value) < least:
        invalid(path, "must not be empty" if least == 1 else f"must have at least {least} characters")
    if most is not None and len(value) > most:
        invalid(path, f"must have at most {most} characters")
    return value


def object_of(value: Any, path: str) -> dict[str, Any]:
    """Check that a value is an object. Raises: InvalidRequest."""
    if not isinstance(value, dict):
        invalid(path, "must be an object")
    return value


def list_of(value: Any, path: str) -> list[Any]:
    """Check that a value is an array. Raises: InvalidRequest."""
    if not isinstance(value, list):
        invalid(path, "is required" if value is None else "must be an array")
    return value


def flag_of(value: Any, path: str) -> bool:
    """Check that a value is true or false. Raises: InvalidRequest."""
    if not isinstance(value, bool):
        invalid(path, "must be true or false")
    return value


def count_of(value: Any, path: str) -> int:
    """Check that a value is a whole number from 0. Raises: InvalidRequest."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        invalid(path, "must be a whole number from 0")
    return value


def each_of(values: Iterable[Any], path: str, read: Callable[[Any, str], _Read]) -> tuple[_Read, ...]:
    """Read every element of an array at its own path. Raises: InvalidRequest that lists all refusals."""
    problems = Problems()
    found = []
    for index, value in enumerate(values):
        found.append(problems.take(read, value, f"{path}[{index}]"))
    problems.raise_any()
    return tuple(found)


def check_storable(value: Any) -> None:
    """Check that a JSON value can be kept by any database, drawn on any page and signed.

    Raises: InvalidRequest for NUL, half a character (a lone surrogate), more than 32 levels, and for
    numbers that RFC 8785 cannot tell apart (whole ones beyond 2^53 - 1, NaN, infinities).
    """
    flaw = _flaw(value, MAX_DEPTH)
    if flaw:
        path, message = flaw
        invalid(path.lstrip("."), message)


def _flaw(value: Any, depth: int) -> tuple[str, str] | None:
    """Return path and message of the first flaw; paths are put together only on the way out."""
    if isinstance(value, str):
        return _text_flaw(value)
    if isinstance(value, dict):
        return _members_flaw(value, depth)
    if isinstance(value, list):
        return _elements_flaw(value, depth)
    if isinstance(value, float):
        return None if math.isfinite(value) else ("", "is not a number that JSON can spell")
    if isinstance(value, int) and not -MAX_WHOLE <= value <= MAX_WHOLE:
        return "", "is beyond 2^53, where programs differ in reading it; send it as text"
    return None


def _text_flaw(text: str) -> tuple[str, str] | None:
    if "\0" in text:
        return "", "holds a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "", "holds half a character (a lone surrogate)"
    return None


def _members_flaw(members: dict[str, Any], depth: int) -> tuple[str, str] | None:
    if not depth:
        return "", f"is nested more than {MAX_DEPTH} levels deep"
    for name, member in members.items():
        is_easy = member is None or (type(member) is str and member.isascii() and "\0" not in member)
        if is_easy and name.isascii() and "\0" not in name:
            continue  # what most members are, without two calls for each
        flaw = _text_flaw(name) or _flaw(member, depth - 1)
        if flaw:
            # The name itself may be what cannot be spelt.
            return f".{visible(name[:_MAX_NAME_CHARACTERS])}{flaw[0]}", flaw[1]
    return None


def _elements_flaw(elements: list[Any], depth: int) -> tuple[str, str] | None:
    if not depth:
        return "", f"is nested more than {MAX_DEPTH} levels deep"
    for index, element in enumerate(elements):
        flaw = _flaw(element, depth - 1)
        if flaw:
            return f"[{index}]{flaw[0]}", flaw[1]
    return None
