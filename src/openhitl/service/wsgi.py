"""The routes of a service's cases as a WSGI application, alone or in front of the service's own.

In Flask `app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)`, in Django's `wsgi.py`
`application = ReviewsWsgi(reviews, get_wsgi_application())`. The cases live on one event loop on a thread
of each process. There are no event streams: a stream would keep a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from openhitl.errors import StoreError
from openhitl.review.asgi import Scope, answer_safely
from openhitl.review.http import MAX_BODY_BYTES, error_response
from openhitl.service.house import House
from openhitl.service.reviews import Reviews

#: More than this of a body that is refused is not taken from anybody.
MOST_THROWN_AWAY_BYTES = 8 * MAX_BODY_BYTES
_BARE = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}


class ReviewsWsgi:
    """Serves review pages, answers, polls, discovery and static files; all else is `others`' to answer."""

    def __init__(self, reviews: Reviews, others: WSGIApplication | None = None) -> None:
        reviews.without_streams()
        self._reviews = reviews
        self._others = others

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. The first one starts the event loop, after any fork."""
        path = self._inside(environ)
        if self._others is not None and (path is None or not self._reviews.serves(path)):
            return self._others(environ, start_response)
        exchange = _Exchange(environ, path or "/")
        try:
            self._reviews.home.run_sync(exchange.run)
        except StoreError as error:  # it cannot be opened
            refused = error_response(error)
            exchange.status, exchange.body = refused.status, refused.body
            exchange.headers = [("content-type", refused.content_type), *refused.headers]
        start_response(f"{exchange.status} {HTTPStatus(exchange.status).phrase}", exchange.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [exchange.body]

    def _inside(self, environ: WSGIEnvironment) -> str | None:
        """Return the path below the prefix; None for what is not below it.

        Paths come as Latin-1: PEP 3333 "Unicode Issues".
        """
        inside = _decoded(environ.get("PATH_INFO", ""))
        whole = _decoded(environ.get("SCRIPT_NAME", "")) + inside
        for prefix, path in ((self._reviews.base, whole), (self._reviews.prefix, inside)):
            if prefix and path.startswith(prefix + "/"):
                return path[len(prefix) :]
        return inside if self._others is None or not self._reviews.prefix else None


class _Exchange:
    """One WSGI request carried to the door, and what it answered."""

    def __init__(self, environ: WSGIEnvironment, path: str) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self._scope: Scope = {
            "type": "http",
            "method": environ["REQUEST_METHOD"],
            "path": path,
            "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
            "headers": list(_headers(environ)),
        }
        self._sent = _body(environ)

    async def run(self, house: House) -> None:
        await answer_safely(house.app, self._scope, self._receive, self._send)

    async def _receive(self) -> MutableMapping[str, Any]:
        if self._sent is None:  # a part of an answer must never be taken for the answer
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self._sent, "more_body": False}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
            ]
        else:
            self.body += message["body"]


def _decoded(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _headers(environ: WSGIEnvironment) -> Iterable[tuple[bytes, bytes]]:
    for key, value in environ.items():
        name = _BARE.get(key) or (key[5:].replace("_", "-").lower() if key.startswith("HTTP_") else "")
        if name and value:
            yield name.encode("latin-1"), value.encode("latin-1")


def _body(environ: WSGIEnvironment) -> bytes | None:
    """Read a body; None for one that did not come whole. One that is too large is told by its size."""
    read: Callable[[int], bytes] = environ["wsgi.input"].read
    declared = environ.get("CONTENT_LENGTH") or ""
    length = int(declared[:12]) if declared.isdecimal() else 0
    if not declared and environ.get("wsgi.input_terminated"):  # it comes in chunks
        body = read(MAX_BODY_BYTES + 1)
        _throw_away(read, MOST_THROWN_AWAY_BYTES if len(body) > MAX_BODY_BYTES else 0)
        return body
    if length > MAX_BODY_BYTES:
        _throw_away(read, min(length, MOST_THROWN_AWAY_BYTES))
        return b""
    body = read(length) if length else b""
    return body if len(body) == length else None


def _throw_away(read: Callable[[int], bytes], most_bytes: int) -> None:
    """Take what is refused: servers that close with something unread reset the connection at once."""
    while most_bytes > 0 and (part := read(min(most_bytes, MAX_BODY_BYTES))):
        most_bytes -= len(part)
