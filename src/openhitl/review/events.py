"""The event stream, in front of any framework: one coroutine and one future a connection.

HITL v0.8 §8.5. `GET /api/reviews/{id}/events`.
"""

from __future__ import annotations

from openhitl.errors import HitlError, MethodNotAllowed, Overloaded
from openhitl.feed import PollEntry, Stream
from openhitl.review.asgi import Patience, Receive, Scope, Send, send_response
from openhitl.review.door import Door
from openhitl.review.http import Response, error_response
from openhitl.review.poll import Credentials, PollEndpoint
from openhitl.review.room import Room
from openhitl.review.streaming import pump, send_head

POLL_HINT = "Poll poll_url meanwhile."


class EventsEndpoint:
    """Serves event streams; a reader that takes nothing for too long is cut."""

    def __init__(self, door: Door, poll: PollEndpoint, patience: Patience, room: Room) -> None:
        self._stuck_seconds = patience.stuck_seconds
        self._room = room
        self._book = door.book
        self._feed = door.book.feed
        self._poll = poll

    async def __call__(self, scope: Scope, receive: Receive, send: Send, case_id: str) -> None:
        """Serve one stream until its case is final, the client leaves or the server stops."""
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(allow=["GET"])
            given = Credentials(scope)
            entry = await self._poll.authorized(given, case_id)
            if len(self._feed.streams) >= self._room.streams:
                raise Overloaded("As many event streams are open as this server takes.", hint=POLL_HINT)
        except HitlError as error:
            await send_response(send, error_response(error))
            return
        last = _event_id(given.last_event_id, entry)
        if last is not None and entry.case.is_final and last >= entry.case.seq:
            await send_response(send, Response(204))
            return
        if scope["method"] == "HEAD":
            await send_head(send)
            return
        stream = self._feed.streams.register(case_id)
        try:
            await receive()  # the request itself; what comes after it is a disconnect
            await self._fill(stream, last)
            await pump(stream, receive, send, self._stuck_seconds)
        except TimeoutError:
            return  # stuck: the connection is closed with us
        finally:
            self._feed.streams.remove(stream)

    async def _fill(self, stream: Stream, last: int | None) -> None:
        """Queue what the client does not know yet: registered first, so nothing falls in between."""
        if last is not None:
            stream.seq = last
            events = await self._book.events(stream.case_id, after=last)
            self._feed.replay(stream, events)
        entry = await self._feed.entry(stream.case_id)
        if entry is None:
            return
        if last is not None:
            self._feed.progress(stream, entry.case)
        else:
            self._feed.present(stream, entry)


def _event_id(text: str | None, entry: PollEntry) -> int | None:
    """Read `Last-Event-ID`; None for one that this case never gave, which is served as a new client."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 18):
        return None
    number = int(text)
    return number if 1 <= number <= entry.case.seq else None
