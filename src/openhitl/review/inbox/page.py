"""The inbox page."""

from __future__ import annotations

import asyncio
import secrets

from openhitl.protocol.problems import check_storable
from openhitl.review.accounts.desks import desk_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.listing import Counts, Waiting, counts_of, reader_of, waiting_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.outcome import verdicts
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Show somebody what waits for them."""
    signed_in = await door.person(request)
    check_storable(request.query)
    desk = desk_of(door, request, signed_in)
    counts = await counts_of(door, signed_in.person.person_id)
    waiting = await waiting_of(
        door,
        reader_of(desk, signed_in),
        seen=[one for one in request.query.get("seen", "").split(".") if one],
        search=request.query.get("q", ""),
    )
    drawn = await asyncio.to_thread(
        inbox_page, desk, waiting=waiting, counts=counts, current=request.query.get("at", "")
    )
    return html_response(drawn)


def inbox_page(desk: Desk, *, waiting: Waiting, counts: Counts, current: str = "") -> Page:
    """Draw the inbox; `current` is the case that is open beside it."""
    return desk.draw(
        "inbox.html",
        folder="inbox",
        waiting=waiting,
        counts=counts,
        current=current,
        submission_id=secrets.token_urlsafe(16),
        verdicts_known=verdicts(desk.words),
    )
