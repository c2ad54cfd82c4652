"""The families of errors, by whose fault it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HitlError(Exception):
    """Something went wrong."""

    code = "internal_error"
    status = 500
    hint = ""

    def __init__(self, message: str | None = None, *, hint: str | None = None, **details: Any) -> None:
        self.message = message or _first_line(type(self))
        if hint is not None:
            self.hint = hint
        self.details: Mapping[str, Any] = details
        super().__init__(self.message)

    def __str__(self) -> str:
        """Say the message and, a line each, which fields were wrong and why."""
        errors = self.details.get("errors")
        listed = errors if isinstance(errors, list | tuple) else ()
        wrong = [one for one in listed if isinstance(one, Mapping)]
        told = [f"  {one.get('path')}: {one.get('message')}" for one in wrong]
        return "\n".join([self.message, *told])


def _first_line(error_class: type) -> str:
    return (error_class.__doc__ or "").strip().splitlines()[0]


class CallerError(HitlError):
    """The request was refused."""

    code = "invalid_request"
    status = 422


class PeerError(HitlError):
    """A remote service failed."""

    code = "peer_failed"
    status = 502
    permanent = False


class StoreError(HitlError):
    """The storage failed."""

    code = "store_unavailable"
    status = 503
