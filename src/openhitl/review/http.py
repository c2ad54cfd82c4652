"""Requests and responses as plain values, so that any web framework can carry the door."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl

from openhitl.errors import HitlError, InvalidClient, MalformedRequest, StoreError, UnsupportedMediaType
from openhitl.protocol.compact import compact
from openhitl.protocol.record import record

MAX_BODY_BYTES = 1024 * 1024
MAX_FORM_FIELDS = 2_000
#: When a program is asked to come back, unless somebody knows better.
RETRY_AFTER_SECONDS = 30
Headers = tuple[tuple[str, str], ...]
FORM_TYPE = "application/x-www-form-urlencoded"


@record(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; `path` is decoded and without a mount prefix.

    `client` is the address of whoever sent it, empty where none is known.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name, as they were set: ours are never quoted. RFC 6265 §5.4."""
        pairs = (pair.partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        """Whether the body is what a browser posts from an HTML form."""
        return self.media_type == FORM_TYPE

    def json(self) -> Any:
        """Parse the body. Raises: MalformedRequest, UnsupportedMediaType."""
        if self.media_type not in ("application/json", "") and not self.media_type.endswith("+json"):
            raise UnsupportedMediaType
        try:
            return _decode(self.body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise MalformedRequest(f"The body is not valid JSON: {_short(error)}") from error

    def form(self) -> list[tuple[str, str]]:
        """Parse the body as an HTML form. Raises: MalformedRequest, also for NUL characters."""
        try:
            text = self.body.decode("ascii")
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
        except ValueError as error:
            raise MalformedRequest("The form could not be parsed.") from error
        if any("\0" in name or "\0" in value for name, value in pairs):
            raise MalformedRequest("The form holds a NUL character.")
        return pairs


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_query(query_string: str) -> dict[str, str]:
    """Read a query; of a repeated name the first value counts."""
    if not query_string:
        return {}
    return dict(reversed(parse_qsl(query_string, keep_blank_values=True, errors="replace")))


def wants_html(headers: Mapping[str, str]) -> bool:
    """Tell whether a person's browser is asking, rather than a program."""
    return "text/html" in headers.get("accept", "")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _short(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(error)[:200]


@record(frozen=True, slots=True)
class Response:
    """One response; `headers` beside content-type and content-length."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Headers = ()


@record(frozen=True, slots=True)
class Pending:
    """A JSON response that takes as long as a human does; `end` waits for it and raises nothing.

    Until then a blank every so many seconds keeps the connection.
    """

    end: Callable[[], Coroutine[Any, Any, Response]]
    beat_seconds: float


def json_response(status: int, value: Any, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Encode a value as JSON. What an API says is nobody else's to keep."""
    body = compact(value)
    return Response(status, body, headers=(("cache-control", "no-store"), *headers))


STORE_FAILED = "The storage does not answer; try again."


def error_body(error: HitlError) -> dict[str, Any]:
    """Spell an error: `{"error": code, "message": sentence, …}`."""
    # What a database says may name its host, its user or its files: that is for the log alone.
    is_inside = error.code == StoreError.code
    body: dict[str, Any] = {"error": error.code, "message": STORE_FAILED if is_inside else error.message}
    if error.hint and not is_inside:
        body["hint"] = error.hint
    for name, value in error.details.items():
        body["status" if name == "case_status" else name] = value
    return body


def error_headers(error: HitlError) -> Headers:
    """Return the headers that belong to an error: when to come back, how to authenticate."""
    if error.status in (429, 503):
        return (("retry-after", str(error.details.get("retry_after_seconds", RETRY_AFTER_SECONDS))),)
    if isinstance(error, InvalidClient):  # RFC 6749 §5.2
        return (("www-authenticate", 'Basic realm="openhitl"'),)
    if error.status == 401:
        return (("www-authenticate", 'Bearer realm="openhitl"'),)
    if error.status == 405:
        return (("allow", ", ".join(error.details["allow"])),)
    return ()


def error_response(error: HitlError, challenge: str | None = None, *, with_detail: bool = False) -> Response:
    """Render an error for a program; `challenge` says how to authenticate, where that is not by key alone.

    With `with_detail` for older ones, which read the message there.
    """
    body = error_body(error)
    if with_detail:
        body["detail"] = body["message"]
    headers = error_headers(error) if challenge is None else (("www-authenticate", challenge),)
    return json_response(error.status, body, headers)


def see_other(location: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """Send a browser on to a page, with GET."""
    return Response(303, headers=(("location", location), ("cache-control", "no-store"), *headers))
