"""Signing in by an OpenID provider, and connecting an account with one there."""

from __future__ import annotations

from openhitl.errors import NotFound, SsoFailed
from openhitl.identity.sso import TRIP_LIFE, SingleSignOn
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.destinations import HOME, destination
from openhitl.review.accounts.entering import browser_visit, entered
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

#: What holds a trip to the provider in the browser that began it.
COOKIE = "hitl_sso"


def sso_of(door: Door) -> SingleSignOn:
    """Return the single sign-on of a server. Raises: NotFound where there is none."""
    if door.sso is None:
        raise NotFound
    return door.sso


async def begin(door: Door, request: Request) -> Response:
    """Send a browser to the provider."""
    wanted = destination(request.query.get("next", ""))
    url, trip = await sso_of(door).begin(wanted)
    return see_other(url, [_trip_cookie(door, trip)])


async def finish(door: Door, request: Request) -> Response:
    """Sign in who comes back from the provider, or connect them with who is signed in here."""
    sso, visit = sso_of(door), browser_visit(request)
    trip = request.cookies.get(door.prefixed(COOKIE), "")
    arrival = await sso.arrive(request.query, trip, place=visit.place)
    over = _trip_cookie(door, "")
    if arrival.trip.person_id is None:
        begun = await sso.enter(arrival, visit)
        return see_other(f"{door.base}{arrival.trip.onward}", [await entered(door, request, begun), over])
    signed_in = await door.visitor(request)
    if signed_in is None:
        raise SsoFailed
    await sso.connect(arrival, signed_in)
    return done(door, HOME, "sso-connected", [over])


async def connect(door: Door, request: Request) -> Response:
    """Set out to connect one's account with one at the provider."""
    signed_in = await door.person_posting(request)
    sso = sso_of(door)
    url, trip = await sso.begin(HOME, to_connect=signed_in)
    # Not a redirect: browsers let no form of ours lead elsewhere, and that is well.
    page = html_response(leaving_page(desk_of(door, request, signed_in), name=sso.name, url=url))
    extra = (("refresh", f"0; url={url}"), _trip_cookie(door, trip))
    return Response(page.status, page.body, page.content_type, (*page.headers, *extra))


async def disconnect(door: Door, request: Request) -> Response:
    """Have the provider sign one in no longer."""
    signed_in = await door.person_posting(request)
    await sso_of(door).disconnect(signed_in)
    return done(door, HOME, "sso-disconnected")


def leaving_page(desk: Desk, *, name: str, url: str) -> Page:
    """Draw the page that leads on to the provider."""
    return desk.draw("leaving.html", name=name, url=url)


def _trip_cookie(door: Door, trip: str) -> tuple[str, str]:
    return door.cookie(COOKIE, trip, int(TRIP_LIFE.total_seconds()) if trip else 0)
