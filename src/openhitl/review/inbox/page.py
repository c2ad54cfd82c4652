"""The inbox page."""

from __future__ import annotations

import secrets

from openhitl.protocol.people import SignedIn
from openhitl.protocol.problems import check_storable
from openhitl.review.accounts.desks import desk_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.listing import Waiting, waiting_of
from openhitl.review.inbox.rows import Reader
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Show somebody what waits for them."""
    signed_in = await door.person(request)
    check_storable(request.query)
    desk = desk_of(door, request, signed_in)
    waiting = await waiting_of(
        door,
        signed_in.person.person_id,
        reader_of(desk, signed_in),
        seen=[one for one in request.query.get("seen", "").split(".") if one],
        search=request.query.get("q", ""),
    )
    return html_response(inbox_page(desk, waiting=waiting))


def reader_of(desk: Desk, signed_in: SignedIn) -> Reader:
    """Say for whom rows are drawn."""
    return Reader(words=desk.words, now=desk.now, base=desk.base, actor_id=signed_in.person.actor_id)


def inbox_page(desk: Desk, *, waiting: Waiting) -> Page:
    """Draw the inbox."""
    return desk.draw("inbox.html", folder="inbox", waiting=waiting, submission_id=secrets.token_urlsafe(16))
