"""What all ways in have in common: where somebody comes from, and the cookie that they leave with."""

from __future__ import annotations

from openhitl.errors import NotFound
from openhitl.identity.accounts import Accounts
from openhitl.identity.sessions import LIVES, Begun
from openhitl.identity.signing_in import Visit
from openhitl.protocol.people import SessionKind
from openhitl.review.accounts.devices import device_name
from openhitl.review.callers import neighbourhood
from openhitl.review.door import Door
from openhitl.review.http import Request

Header = tuple[str, str]


def accounts_of(door: Door) -> Accounts:
    """Return the people of a server. Raises: NotFound where there are none, as in embedded services."""
    if door.accounts is None:
        raise NotFound
    return door.accounts


def browser_visit(request: Request) -> Visit:
    """Say where a browser is and what it is called."""
    device = device_name(request.headers.get("user-agent", ""))
    return Visit(device=device, place=neighbourhood(request.client))


async def entered(door: Door, request: Request, begun: Begun) -> Header:
    """Spell the cookie of a new session. The one that this browser had before is over."""
    accounts = accounts_of(door)
    before = await accounts.sessions.find(SessionKind.BROWSER, request.cookies.get(door.cookie_name))
    if before is not None:
        await accounts.sessions.give_way(before, begun.signed_in)
    return door.session_cookie(begun.token, int(LIVES[SessionKind.BROWSER].total_seconds()))
