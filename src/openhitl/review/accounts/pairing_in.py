"""The pages of a device that comes in. Opening one changes nothing; only scripts make keys."""

from __future__ import annotations

from openhitl.errors import HitlError, InvalidRequest, NotFound, RateLimited
from openhitl.identity.pairing import Claimed
from openhitl.protocol.devices import NewDevice
from openhitl.protocol.people import SessionKind, checked_name
from openhitl.protocol.visible import one_line
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.device_desk import PATH as DEVICES
from openhitl.review.accounts.devices import device_name
from openhitl.review.accounts.entering import accounts_of, entered
from openhitl.review.callers import neighbourhood
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

MAX_CODE_CHARACTERS = 20


async def page(door: Door, request: Request) -> Response:
    """Ask for the code, filled in where the address has it, and for a name."""
    typed = {"code": request.query.get("code", ""), "name": _named(request)}
    return html_response(pair_page(desk_of(door, request, await door.visitor(request), typed=_short(typed))))


async def claim(door: Door, request: Request) -> Response:
    """Claim a pairing without scripts: no keys, and a number to show."""
    door.check_origin(request)
    given = dict(request.form())
    typed = _short({"code": given.get("code", ""), "name": given.get("name", "")})
    try:
        device = NewDevice(kind=SessionKind.BROWSER, name=checked_name(given.get("name", "")))
        place = neighbourhood(request.client)
        claimed = await accounts_of(door).pairings.claim(typed["code"], device, place)
    except (NotFound, RateLimited, InvalidRequest) as error:
        return await _again(door, request, error, typed)
    return html_response(claimed_page(desk_of(door, request), claimed))


async def enter(door: Door, request: Request) -> Response:
    """Sign the device in, if the other screen has let it."""
    door.check_origin(request)
    given = dict(request.form())
    begun = await accounts_of(door).pairings.enter(given.get("claim"))
    if begun is not None:
        return done(door, DEVICES, "device-in", [await entered(door, request, begun)])
    number, name = (one_line(given.get(field, ""))[:100] for field in ("number", "name"))
    return html_response(waiting_page(desk_of(door, request), number, name, given["claim"]))


async def _again(door: Door, request: Request, error: HitlError, typed: dict[str, str]) -> Response:
    is_name = isinstance(error, InvalidRequest)
    problems = [("name", "")] if is_name else [("code", error.code)]
    desk = desk_of(door, request, await door.visitor(request), problems=problems, typed=typed)
    return html_response(pair_page(desk), status=error.status)


def _named(request: Request) -> str:
    return device_name(request.headers.get("user-agent", ""))


def _short(typed: dict[str, str]) -> dict[str, str]:
    return {"code": typed["code"][:MAX_CODE_CHARACTERS], "name": one_line(typed["name"])[:100]}


def pair_page(desk: Desk) -> Page:
    """Draw the page where a device asks to come in."""
    return desk.draw("pair.html")


def claimed_page(desk: Desk, claimed: Claimed) -> Page:
    """Draw the number of a device without scripts."""
    return desk.draw(
        "claimed.html",
        number=str(claimed.number),
        name=claimed.person.name,
        claim=claimed.token,
        is_early=False,
    )


def waiting_page(desk: Desk, number: str, name: str, claim: str) -> Page:
    """Draw it again for one that came back too early."""
    return desk.draw("claimed.html", number=number, name=name, claim=claim, is_early=True)
