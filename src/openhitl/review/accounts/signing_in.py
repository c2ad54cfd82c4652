"""Signing in by a passkey or a password, and out. A GET changes nothing."""

from __future__ import annotations

from openhitl.errors import NotSignedIn
from openhitl.protocol.problems import object_of, text_of
from openhitl.review.accounts.desks import desk_of, done, problems_of
from openhitl.review.accounts.destinations import destination
from openhitl.review.accounts.entering import accounts_of, browser_visit, entered
from openhitl.review.bodies import body_object
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/sign-in"


async def page(door: Door, request: Request) -> Response:
    """Serve the page where people sign in; who is signed in is told so."""
    signed_in = await door.visitor(request)
    desk = desk_of(door, request, signed_in)
    return html_response(await _drawn(door, desk, destination(request.query.get("next", ""))))


async def in_place_of(door: Door, request: Request, wanted: str) -> Response:
    """Serve the page where people sign in, in the place of one that only they may see."""
    return html_response(await _drawn(door, desk_of(door, request), destination(wanted)))


async def enter(door: Door, request: Request) -> Response:
    """Sign in with a name and a password, then with a code where one is asked for."""
    door.check_origin(request)
    sign_in = accounts_of(door).sign_in
    given = dict(request.form())
    wanted = destination(given.get("next", ""))
    visit = browser_visit(request)
    try:
        if "ticket" in given:
            begun = await sign_in.by_code(given["ticket"], given.get("code", ""), visit)
        else:
            begun = await sign_in.by_password(given.get("name", ""), given.get("password", ""), visit)
    except NotSignedIn as error:
        return await _asked_again(door, request, error, wanted=wanted, name=given.get("name", ""))
    return see_other(f"{door.base}{wanted}", [await entered(door, request, begun)])


async def _asked_again(
    door: Door, request: Request, error: NotSignedIn, *, wanted: str, name: str
) -> Response:
    """Ask for what is missing, or once more; never say which of name and password was wrong."""
    ticket = str(error.details.get("ticket", ""))
    if error.details.get("code_required"):
        problems = problems_of(error) if error.details.get("errors") else []
        return html_response(code_page(desk_of(door, request, problems=problems), wanted, ticket), status=401)
    desk = desk_of(door, request, problems=problems_of(error), typed={"name": name})
    return html_response(await _drawn(door, desk, wanted), status=401)


async def _drawn(door: Door, desk: Desk, wanted: str) -> Page:
    has_passkeys = accounts_of(door).sign_in.has_passkeys
    sso_name = door.sso.name if door.sso else ""
    has_people = await door.book.standing.has_people()
    return sign_in_page(
        desk, wanted=wanted, has_passkeys=has_passkeys, sso_name=sso_name, has_people=has_people
    )


async def options(door: Door, request: Request) -> Response:
    """Spell what a browser asks a passkey for."""
    return json_response(200, accounts_of(door).sign_in.passkey_options())


async def enter_by_passkey(door: Door, request: Request) -> Response:
    """Sign in with what a passkey has signed."""
    door.check_origin(request)
    body = body_object(request)
    begun = await accounts_of(door).sign_in.by_passkey(
        text_of(body.get("challenge"), "challenge"),
        object_of(body.get("credential"), "credential"),
        browser_visit(request),
    )
    location = door.base + destination(text_of(body.get("next", ""), "next"))
    return json_response(200, {"location": location}, [await entered(door, request, begun)])


async def leave(door: Door, request: Request) -> Response:
    """Sign out: the session is over here, and its cookie is forgotten there."""
    if await door.visitor(request) is not None:
        await accounts_of(door).sessions.end(await door.person_posting(request))
    return done(door, PATH, "signed-out", [door.session_cookie("", 0)])


def sign_in_page(
    desk: Desk, *, wanted: str, has_passkeys: bool, sso_name: str = "", has_people: bool = True
) -> Page:
    """Draw the page where people sign in.

    Args:
        wanted: the path that they go on to.
        has_passkeys: whether browsers make passkeys for this host.
        sso_name: what the OpenID provider is called; empty without one.
        has_people: whether anybody has an account here.
    """
    if not has_people:
        return desk.draw("nobody.html")
    return desk.draw("sign_in.html", wanted=wanted, has_passkeys=has_passkeys, sso_name=sso_name)


def code_page(desk: Desk, wanted: str, ticket: str) -> Page:
    """Draw the page that asks for a code, once the password was right; `ticket` says that it was."""
    return desk.draw("code.html", wanted=wanted, ticket=ticket)
