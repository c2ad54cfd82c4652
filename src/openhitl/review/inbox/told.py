"""What somebody was told, over HTTP: listed, and noted as read."""

from __future__ import annotations

from typing import Any

from openhitl.cases import Notice
from openhitl.errors import InvalidRequest
from openhitl.protocol.notices import notice_id, notice_number
from openhitl.protocol.timestamps import timestamp
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.queries import limit_in


async def listing(door: Door, request: Request) -> Response:
    """List what somebody was told, newest first, and how much of all of it they have not read."""
    person_id = (await door.person(request)).person.person_id
    limit = limit_in(request.query)
    before = _number(request.query["cursor"], "cursor") if "cursor" in request.query else None
    found = await door.book.inboxes.notices(person_id, before=before, limit=limit)
    spelt = [_told(notice, is_read=is_read) for notice, is_read in found]
    following = spelt[-1]["id"] if len(spelt) == limit else None
    unread = await door.book.inboxes.count_unread(person_id)
    return json_response(200, {"notices": spelt, "unread": unread, "next_cursor": following})


async def read(door: Door, request: Request) -> Response:
    """Note that somebody has read all up to a notice."""
    signed_in = await door.person_posting(request)
    until = _number(body_object(request).get("until"), "until")
    await door.book.inboxes.mark_read(signed_in.person.person_id, until)
    return Response(204)


def _number(given: object, name: str) -> int:
    number = notice_number(given)
    if number is None:
        raise InvalidRequest(f"{name} must be the id of a notice.")
    return number


def _told(notice: Notice, *, is_read: bool) -> dict[str, Any]:
    told = {
        "id": notice_id(notice.number),
        "kind": notice.kind,
        "message": notice.message,
        "agent": notice.agent,
        "created_at": timestamp(notice.created_at),
        "read": is_read,
    }
    if notice.envelope is None:
        return told
    return {**told, "envelope": notice.envelope, "case_id": notice.sealed_id}
