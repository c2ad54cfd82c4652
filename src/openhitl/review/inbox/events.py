"""The event stream of a person: cases that they may answer, and notices. `GET /api/v1/inbox/events`.

`inbox.ready` comes first: whatever is read after it misses nothing. `inbox.case` says that a case has come or
changed, `inbox.notice` that there is a new notice. Nothing is resumed: who comes back reads the list again.
The stream ends with the session, wherever that is ended.
"""

from __future__ import annotations

from datetime import timedelta

from openhitl.errors import HitlError, MethodNotAllowed, Overloaded
from openhitl.review.asgi import Patience, Receive, Scope, Send, send_response
from openhitl.review.door import Door
from openhitl.review.http import Request, error_response
from openhitl.review.room import Room
from openhitl.review.streaming import pump, send_head

PATH = "/api/v1/inbox/events"
#: After this long somebody has to show again that they are signed in.
LIFE = timedelta(minutes=5)
#: One more ends the oldest: nobody takes the streams of all. A browser has one for each page that is seen.
MOST_STREAMS = 32


class InboxEvents:
    """Serves the streams of people; a reader that takes nothing for too long is cut."""

    def __init__(self, door: Door, patience: Patience, room: Room) -> None:
        self._door = door
        self._feed = door.book.feed
        self._stuck_seconds = patience.stuck_seconds
        self._room = room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream until its life is over, the client leaves or the server stops."""
        audience = self._feed.audience
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise MethodNotAllowed(allow=["GET"])
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            signed_in = await self._door.person(Request("GET", PATH, headers=headers))
            if len(self._feed.streams) >= self._room.streams:
                raise Overloaded("As many event streams are open as this server takes.")
            if scope["method"] == "HEAD":
                await send_head(send)
                return
            person_id = signed_in.person.person_id
            audience.make_room(person_id, MOST_STREAMS)
            stream = await audience.join(person_id, signed_in.session.session_id)
        except HitlError as error:
            await send_response(send, error_response(error))
            return
        try:
            await receive()  # the request itself; what comes after it is a disconnect
            await pump(stream, receive, send, self._stuck_seconds, life=LIFE)
        except TimeoutError:
            return  # stuck: the connection is closed with us
        finally:
            audience.leave(person_id, stream)
