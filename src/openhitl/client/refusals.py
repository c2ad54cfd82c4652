"""An error body back into the exception that the server raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openhitl.client.exchange import Response
from openhitl.errors import CallerError, HitlError, OAuthError, PeerError, StoreError
from openhitl.protocol.visible import visible

MAX_MESSAGE_CHARACTERS = 2000
_NOT_DETAILS = frozenset({"error", "message", "detail", "hint", "self"})


def refusal(response: Response) -> HitlError:
    """Return what a response of 300 or more means: the class of its code, else one by its status.

    The exception carries the server's sentence, its hidden characters spelt out, and, as details, the
    other members of the body. A code that this version does not know stays readable as `code`. A
    redirect is never followed.
    """
    body = _body(response)
    code = body.get("error")
    message = body.get("message")
    details = {str(name): value for name, value in body.items() if name not in _NOT_DETAILS}
    known = _BY_CODE.get(code) if isinstance(code, str) else None
    error_class = known or (CallerError if 400 <= response.status < 500 else PeerError)
    if not isinstance(message, str):
        message = f"The server answered {response.status}."
    error = error_class(visible(message[:MAX_MESSAGE_CHARACTERS]), **details)
    error.status = response.status
    if known is None and isinstance(code, str):
        error.code = code
    return error


def _body(response: Response) -> Mapping[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _classes(base: type[HitlError]) -> Iterator[type[HitlError]]:
    yield base
    for child in base.__subclasses__():
        yield from _classes(child)


#: A code that a class shares with its base means the class. What no server refuses with is left out.
_BY_CODE: Mapping[str, type[HitlError]] = {
    error_class.code: error_class
    for family in (CallerError, PeerError, StoreError)
    for error_class in _classes(family)
    if error_class is not OAuthError  # whose code is that of every other request, too
}
