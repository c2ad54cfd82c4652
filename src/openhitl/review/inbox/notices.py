"""What somebody was told that wants no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from openhitl.cases import Notice
from openhitl.errors import InvalidRequest
from openhitl.protocol.numbers import parse_whole
from openhitl.protocol.record import record
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.listing import Counts, counts_of
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/inbox/notices"
PAGE = 50


@record(frozen=True, slots=True, kw_only=True)
class Told:
    """One page of what somebody was told, newest first; `following` is where the next begins."""

    notices: Sequence[tuple[Notice, bool]]
    newest: int
    following: int | None


async def page(door: Door, request: Request) -> Response:
    """List what somebody was told, what they have not read first to be seen."""
    signed_in = await door.person(request)
    person_id = signed_in.person.person_id
    before = _number(request.query["before"], "before") if "before" in request.query else None
    found = await door.book.inboxes.notices(person_id, before=before, limit=PAGE)
    told = Told(
        notices=found,
        newest=found[0][0].number if found else 0,
        following=found[-1][0].number if len(found) == PAGE else None,
    )
    desk = desk_of(door, request, signed_in)
    counts = await counts_of(door, person_id)
    return html_response(await asyncio.to_thread(notices_page, desk, told=told, counts=counts))


async def read(door: Door, request: Request) -> Response:
    """Note that somebody has read all up to the newest that they were shown."""
    signed_in = await door.person_posting(request)
    given = dict(request.form()) if request.is_form else {}
    await door.book.inboxes.mark_read(signed_in.person.person_id, _number(given.get("until", ""), "until"))
    return done(door, PATH, "all-read")


def _number(text: str, name: str) -> int:
    number = parse_whole(text)
    if number is None or not 0 <= number < 2**53:
        raise InvalidRequest(f"{name} must be the number of a notice.")
    return number


def notices_page(desk: Desk, *, told: Told, counts: Counts) -> Page:
    """Draw what somebody was told."""
    return desk.draw("notices.html", folder="inbox", told=told, counts=counts)
