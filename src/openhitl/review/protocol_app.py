"""The whole door as one ASGI callable: polls and streams in front, everything else by its route."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from openhitl.review.asgi import DoorApp, Patience, Receive, Scope, Send
from openhitl.review.door import Door
from openhitl.review.events import EventsEndpoint
from openhitl.review.inbox.events import PATH as INBOX_EVENTS
from openhitl.review.inbox.events import InboxEvents
from openhitl.review.poll import PollEndpoint
from openhitl.review.room import Room
from openhitl.review.router import Route, Router

_POLLED = "/api/reviews/"


class ProtocolApp:
    """Answers every request of a door; `scope["path"]` is without any prefix."""

    def __init__(self, door: Door, routes: Sequence[Route], patience: Patience, room: Room) -> None:
        self._poll = PollEndpoint(door)
        self._events = EventsEndpoint(door, self._poll, patience, room)
        self._inbox_events = InboxEvents(door, patience, room) if door.accounts is not None else None
        self._streams = door.claims.streams
        self._door = DoorApp(door, Router(routes))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Find who answers."""
        path: str = scope["path"]
        if path.startswith(_POLLED):
            case_id, _, what = path[len(_POLLED) :].partition("/")
            if what == "status":
                return self._poll(scope, receive, send, case_id)
            if what == "events" and self._streams:
                return self._events(scope, receive, send, case_id)
        if path == INBOX_EVENTS and self._inbox_events is not None:
            return self._inbox_events(scope, receive, send)
        return self._door(scope, receive, send)
