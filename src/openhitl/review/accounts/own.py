"""One's own account: what one signs in with, and where one is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.passkeys import Passkey
from openhitl.protocol.people import Session
from openhitl.review.accounts.desks import desk_of, done
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.numbers import number_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

PATH = "/account"


async def page(door: Door, request: Request) -> Response:
    """Show somebody their account."""
    signed_in = await door.person(request)
    accounts = accounts_of(door)
    drawn = account_page(
        desk_of(door, request, signed_in),
        passkeys=await accounts.passkeys(signed_in),
        sessions=await accounts.sessions.of(signed_in),
        has_passkeys=accounts.sign_in.has_passkeys,
        sso_name=door.sso.name if door.sso else "",
        is_connected=door.sso is not None and await door.sso.is_connected(signed_in),
    )
    return html_response(drawn)


async def add_passkey(door: Door, request: Request) -> Response:
    """Send somebody to a page where their device makes one more passkey."""
    signed_in = await door.person_posting(request)
    return see_other(await accounts_of(door).passkey_link(signed_in))


async def remove_passkey(door: Door, request: Request, passkey_id: str) -> Response:
    """Make one of somebody's own passkeys useless."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).revoke_passkey(signed_in, number_in(passkey_id))
    return done(door, PATH, "passkey-removed")


async def end_session(door: Door, request: Request, session_id: str) -> Response:
    """Sign somebody out on another device."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).sessions.end(signed_in, number_in(session_id))
    return done(door, PATH, "session-ended")


async def end_others(door: Door, request: Request) -> Response:
    """Sign somebody out everywhere but here."""
    signed_in = await door.person_posting(request)
    await accounts_of(door).sessions.end_others(signed_in)
    return done(door, PATH, "sessions-ended")


async def sign_in_elsewhere(door: Door, request: Request) -> Response:
    """Make a link with which somebody signs in on another device or in a terminal, and show it once."""
    signed_in = await door.person_posting(request)
    link = await accounts_of(door).own_link(signed_in)
    return html_response(elsewhere_page(desk_of(door, request, signed_in), link=link))


def account_page(
    desk: Desk,
    *,
    passkeys: Sequence[Passkey],
    sessions: Sequence[Session],
    has_passkeys: bool,
    sso_name: str = "",
    is_connected: bool = False,
) -> Page:
    """Draw an account.

    Args:
        passkeys: those that are good.
        has_passkeys: whether browsers make passkeys for this host.
        sso_name: what the OpenID provider is called; empty without one.
        is_connected: whether it signs this person in.
    """
    return desk.draw(
        "account.html",
        passkeys=passkeys,
        sessions=sessions,
        has_passkeys=has_passkeys,
        sso_name=sso_name,
        is_connected=is_connected,
    )


def elsewhere_page(desk: Desk, *, link: str) -> Page:
    """Draw the page that shows a link to sign in elsewhere, once."""
    return desk.draw("elsewhere.html", link=link)
