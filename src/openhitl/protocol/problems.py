"""Collecting what is wrong with a request, all of it, each with its path."""

from __future__ import annotations

from typing import Any, Never

from openhitl.errors import InvalidRequest


class Problems:
    """Collects problems; `raise_any` ends with one InvalidRequest that lists them."""

    def __init__(self) -> None:
        self._errors: list[dict[str, str]] = []

    def add(self, path: str, message: str) -> None:
        self._errors.append({"path": path, "message": message})

    def raise_any(self) -> None:
        """Raise: InvalidRequest if anything was added."""
        if self._errors:
            raise InvalidRequest("One or more fields are not valid.", errors=self._errors)


def invalid(path: str, message: str) -> Never:
    """Raise: InvalidRequest for one field."""
    raise InvalidRequest("One or more fields are not valid.", errors=[{"path": path, "message": message}])


def text_of(value: Any, path: str, *, most: int | None = None, least: int = 0) -> str:
    """Check that a value is text of so many characters. Raises: InvalidRequest."""
    if not isinstance(value, str):
        invalid(path, "must be text")
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
        invalid(path, "must be an array")
    return value


MAX_DEPTH = 32


def check_storable(value: Any, path: str = "") -> None:
    """Check that a JSON value can be kept by any database and drawn on any page.

    Raises: InvalidRequest for NUL, half a character (a lone surrogate), or more than 32 levels.
    """
    _check_storable(value, path, MAX_DEPTH)


def _check_storable(value: Any, path: str, depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any(0xD800 <= ord(character) < 0xE000 for character in value):
            invalid(path, "holds half a character (a lone surrogate)")
        if "\0" in value:
            invalid(path, "holds a NUL character")
    elif isinstance(value, (dict, list)):
        if depth == 0:
            invalid(path, f"is nested more than {MAX_DEPTH} levels deep")
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            if isinstance(name, str):
                _check_storable(name, path, depth)
            if member.__class__ is not int:
                _check_storable(member, f"{path}.{name}" if path else str(name), depth - 1)
