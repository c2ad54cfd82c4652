"""Joining: a link leads to an account of one's own, with a passkey or a password."""

from __future__ import annotations

from openhitl.errors import InvalidRequest, InvalidToken, NameTaken
from openhitl.protocol.case import Json
from openhitl.protocol.compact import compact
from openhitl.protocol.people import LinkKind, Role
from openhitl.protocol.problems import object_of
from openhitl.review.accounts.desks import desk_of, problems_of
from openhitl.review.accounts.destinations import HOME
from openhitl.review.accounts.entering import accounts_of, browser_visit, entered
from openhitl.review.accounts.links import spent
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Serve the page that a link to join leads to. It uses up nothing."""
    try:
        desk = desk_of(door, request, await door.visitor(request))
        return html_response(await _drawn(door, request, desk))
    except InvalidToken:
        return await spent(door, request)


async def join(door: Door, request: Request) -> Response:
    """Make the account and sign in. A name or a password that will not do leaves the link good."""
    door.check_origin(request)
    if request.is_form:
        return await _by_password(door, request)
    body = body_object(request)
    begun = await accounts_of(door).sign_in.join(
        request.query.get("token"),
        body.get("name"),
        browser_visit(request),
        credential=object_of(body.get("credential"), "credential"),
    )
    location = {"location": door.base + HOME}
    return json_response(201, location, [await entered(door, request, begun)])


async def _by_password(door: Door, request: Request) -> Response:
    given = dict(request.form())
    name = given.get("name", "")
    try:
        begun = await accounts_of(door).sign_in.join(
            request.query.get("token"), name, browser_visit(request), password=given.get("password", "")
        )
    except InvalidToken:
        return await spent(door, request)
    except (InvalidRequest, NameTaken) as error:
        desk = desk_of(door, request, problems=problems_of(error, "name"), typed={"name": name})
        return html_response(await _drawn(door, request, desk))
    return see_other(f"{door.base}{HOME}", [await entered(door, request, begun)])


async def _drawn(door: Door, request: Request, desk: Desk) -> Page:
    token = request.query.get("token", "")
    sign_in = accounts_of(door).sign_in
    link = await sign_in.link(LinkKind.JOIN, token)
    options = sign_in.join_options(token, "") if sign_in.has_passkeys else None
    return join_page(desk, role=link.role or Role.MEMBER, token=token, options=options)


def join_page(desk: Desk, *, role: Role, token: str, options: Json | None) -> Page:
    """Draw the page where somebody makes an account.

    Args:
        options: those of `navigator.credentials.create`; None where browsers make no passkeys.
    """
    spelt = compact(options).decode() if options else ""
    return desk.draw("join.html", role=role, token=token, options=spelt)
