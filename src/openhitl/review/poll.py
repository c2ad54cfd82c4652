"""The poll endpoint, in front of any framework: a look-up, a comparison, pre-encoded bytes.

HITL v0.8 §8. `GET /api/reviews/{id}/status`.
"""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.errors import HitlError, MethodNotAllowed, NotFound, RateLimited, Unauthorized
from openhitl.feed import PollEntry
from openhitl.identity import Asker
from openhitl.protocol import scopes
from openhitl.protocol.tokens import Purpose
from openhitl.review.asgi import Receive, Scope, Send, send_response
from openhitl.review.door import Door, Viewer
from openhitl.review.http import RETRY_AFTER_SECONDS, Response, error_response, parse_query

_RETRY_AFTER = (b"retry-after", str(RETRY_AFTER_SECONDS).encode())
_JSON = (b"content-type", b"application/json")
_PRIVATE = (b"cache-control", b"private, no-cache")
_RESETS = [(b"x-ratelimit-reset", b"%d" % seconds) for seconds in range(61)]


class Credentials:
    """What a poll or event request presents: raw header values, or a poll token in the query."""

    __slots__ = ("headers", "key", "last_event_id", "none_match", "query")

    def __init__(self, scope: Scope) -> None:
        self.key: str | None = None
        self.none_match: bytes | None = None
        self.last_event_id: str | None = None
        self.query: bytes = scope["query_string"]
        self.headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                self.key = value[7:].decode("latin-1").strip()
            elif name == b"x-api-key" and self.key is None:  # as `review.door.api_key`
                self.key = value.decode("latin-1")
            elif name == b"if-none-match":
                self.none_match = value
            elif name == b"last-event-id":
                self.last_event_id = value.decode("latin-1")


class PollEndpoint:
    """Answers polls."""

    def __init__(self, door: Door) -> None:
        self._book = door.book
        self._feed = door.book.feed
        self._askers = door.askers
        self._viewer = door.viewer
        self._rate = door.book.poll_rate
        self._limit = (b"x-ratelimit-limit", b"%d" % self._rate.limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, case_id: str) -> None:
        """Answer one poll."""
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(allow=["GET"])
            given = Credentials(scope)
            entry = await self.authorized(given, case_id)
            headers = self._headers(entry, case_id)
        except HitlError as error:
            await send_response(send, _refusal(error))
            return
        if given.none_match is not None and _matches(given.none_match, entry.etag):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        body = self._feed.polls.body(entry)
        headers.append((b"content-length", b"%d" % len(body)))
        headers.append(_JSON)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def authorized(self, given: Credentials, case_id: str) -> PollEntry:
        """Return the case as a poll sees it, for whoever may see it.

        Raises: Unauthorized, InvalidToken; NotFound, the same for a foreign case.
        """
        if "\0" in case_id:  # not every database could look for it
            raise NotFound
        if self._viewer is not None:
            return await self._viewed(given, case_id, self._viewer)
        if given.key is not None:
            asker = await self._asker(given.key)
            entry = self._feed.cached(case_id) or await self._current(case_id)
            if entry is None or (entry.case.agent_id != asker.agent_id and not entry.case.demo):
                raise NotFound
            return entry
        return await self._by_token(given, case_id)

    async def _asker(self, key: str) -> Asker:
        known = self._askers.remembered(key, scopes.Scope.READ)
        return known or await self._askers.verify(key, scopes.Scope.READ)

    async def _viewed(self, given: Credentials, case_id: str, viewer: Viewer) -> PollEntry:
        """Return a case to whom the program that the service is knows for its owner, or by its token."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given.headers}
        agent_id = await viewer(headers)
        entry = self._feed.cached(case_id) or await self._current(case_id)
        if agent_id is None or entry is None or entry.case.agent_id is None or entry.case.demo:
            return await self._by_token(given, case_id)
        if entry.case.agent_id != agent_id:
            raise NotFound
        return entry

    async def _by_token(self, given: Credentials, case_id: str) -> PollEntry:
        token = parse_query(given.query.decode("latin-1")).get("token")
        if token is not None:
            await self._book.files.verify(Purpose.POLL, token, case_id)
        entry = self._feed.cached(case_id) or await self._current(case_id)
        if token is None and (entry is None or not entry.case.demo):
            raise Unauthorized
        if entry is None:
            raise NotFound
        return entry

    async def _current(self, case_id: str) -> PollEntry | None:
        entry = await self._feed.entry(case_id)
        if entry is not None and not entry.case.is_final and entry.case.expires_at <= self._book.clock():
            await self._book.tick(case_id)
            entry = await self._feed.entry(case_id)
        return entry

    def _headers(self, entry: PollEntry, case_id: str) -> list[tuple[bytes, bytes]]:
        headers = [(b"etag", entry.etag), _RETRY_AFTER, _PRIVATE]
        if self._rate.limit:
            allowance = self._rate.take(case_id)
            headers += (
                self._limit,
                (b"x-ratelimit-remaining", b"%d" % allowance.remaining),
                _RESETS[allowance.reset_seconds],
            )
            if not allowance.allowed:
                raise RateLimited(
                    "This case is polled too often.",
                    limit=allowance.limit,
                    reset_seconds=allowance.reset_seconds,
                )
        return headers


def _refusal(error: HitlError) -> Response:
    response = error_response(error)
    if not isinstance(error, RateLimited):
        return response
    rate = (
        ("x-ratelimit-limit", str(error.details["limit"])),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(error.details["reset_seconds"])),
    )
    return Response(response.status, response.body, headers=response.headers + rate)


def _matches(none_match: bytes, etag: bytes) -> bool:
    """Compare weakly, as If-None-Match does. RFC 9110 §13.1.2."""
    if none_match == etag:
        return True
    given = [one.strip().removeprefix(b"W/") for one in none_match.split(b",")]
    return etag in given or given == [b"*"]
