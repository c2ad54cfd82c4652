"""One's own password."""

from __future__ import annotations

from openhitl.errors import InvalidRequest, NotSignedIn
from openhitl.review.accounts.desks import desk_of, done, problems_of
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.own import PATH
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Serve the page where somebody sets their password."""
    return html_response(password_page(desk_of(door, request, await door.person(request))))


async def set_password(door: Door, request: Request) -> Response:
    """Set or replace it; everywhere else they are signed out."""
    signed_in = await door.person_posting(request)
    given = dict(request.form()) if request.is_form else {}
    try:
        await accounts_of(door).set_password(signed_in, given.get("present", ""), given.get("password", ""))
    except (InvalidRequest, NotSignedIn) as error:
        desk = desk_of(door, request, signed_in, problems=problems_of(error, "present"))
        return html_response(password_page(desk))
    return done(door, PATH, "password-set")


def password_page(desk: Desk) -> Page:
    """Draw the page where somebody sets their password."""
    return desk.draw("password.html")
