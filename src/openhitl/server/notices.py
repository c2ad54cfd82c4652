"""What agents tell their people, over HTTP: kept, and listed for whoever told it."""

from __future__ import annotations

from dataclasses import dataclass

from openhitl.asking.pace import Pace
from openhitl.notices import NoticeBoard
from openhitl.protocol.scopes import Scope
from openhitl.review.asking import claimed_name, named
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.queries import limit_in
from openhitl.review.room import Room
from openhitl.review.router import Route


@dataclass(frozen=True, kw_only=True)
class ServerDoor(Door):
    """The door of the server, which keeps notices too. A service that embeds the door has none.

    Args:
        room: how many may wait here for an answer.
        pace: how often whoever waits is shown that it goes on.
    """

    notices: NoticeBoard
    room: Room
    pace: Pace


async def notify(door: ServerDoor, request: Request) -> Response:
    """Tell people something that wants no answer."""
    asker = await door.asker(request)
    body = body_object(request)
    kept = await door.notices.add(named(asker, claimed_name(request)), asker.agent_id, body)
    return json_response(201, kept)


async def listing(door: ServerDoor, request: Request) -> Response:
    """List the caller's own notices, newest first."""
    asker = await door.asker(request, Scope.READ)
    limit = limit_in(request.query)
    page = await door.notices.listing(asker.agent_id, before=request.query.get("cursor"), limit=limit)
    return json_response(200, page)


NOTICE_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        pattern="/api/v1/notices",
        handler=notify,
        summary="Tell people something that wants no answer",
        codes=(201, 400, 401, 403, 413, 415, 422, 429, 503),
        credential="key",
    ),
    Route(
        method="GET",
        pattern="/api/v1/notices",
        handler=listing,
        summary="List your own notices, newest first",
        codes=(200, 401, 403, 422, 503),
        credential="key",
    ),
)
