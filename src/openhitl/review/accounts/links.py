"""The page of a link that signs somebody in, once. Opening it uses up nothing: the button does."""

from __future__ import annotations

from openhitl.errors import InvalidToken
from openhitl.protocol.people import LinkKind
from openhitl.review.accounts.desks import desk_of
from openhitl.review.accounts.destinations import HOME
from openhitl.review.accounts.entering import accounts_of, browser_visit, entered
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Say whom the link signs in, and ask."""
    token = request.query.get("token", "")
    try:
        link = await accounts_of(door).sign_in.link(LinkKind.SIGN_IN, token)
    except InvalidToken:
        return await spent(door, request)
    name = link.person.name if link.person else ""
    return html_response(link_page(desk_of(door, request), name=name, token=token))


async def enter(door: Door, request: Request) -> Response:
    """Sign in with the link, which is then used."""
    door.check_origin(request)
    try:
        begun = await accounts_of(door).sign_in.by_link(request.query.get("token"), browser_visit(request))
    except InvalidToken:
        return await spent(door, request)
    return see_other(f"{door.base}{HOME}", [await entered(door, request, begun)])


async def spent(door: Door, request: Request) -> Response:
    """Say that a link was used or is too old, and what to do."""
    return html_response(spent_page(desk_of(door, request, await door.visitor(request))))


def spent_page(desk: Desk) -> Page:
    """Draw the page of a link that is not good, or not any more."""
    return desk.draw("spent.html", status=InvalidToken.status)


def link_page(desk: Desk, *, name: str, token: str) -> Page:
    """Draw the page of a link that signs in the person of this name."""
    return desk.draw("link.html", name=name, token=token)
