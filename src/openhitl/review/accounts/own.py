"""One's own account: what one signs in with, and where one is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.passkeys import Passkey
from openhitl.protocol.people import Session
from openhitl.review.accounts.desks import desk_of
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response


async def page(door: Door, request: Request) -> Response:
    """Show somebody their account."""
    signed_in = await door.person(request)
    accounts = accounts_of(door)
    return html_response(
        account_page(
            desk_of(door, request, signed_in),
            passkeys=[one for one in await accounts.passkeys(signed_in) if one.revoked_at is None],
            sessions=await accounts.sessions.of(signed_in),
            has_passkeys=accounts.sign_in.has_passkeys,
        )
    )


def account_page(
    desk: Desk, *, passkeys: Sequence[Passkey], sessions: Sequence[Session], has_passkeys: bool
) -> Page:
    """Draw an account.

    Args:
        has_passkeys: whether browsers make passkeys for this host.
    """
    return desk.draw("account.html", passkeys=passkeys, sessions=sessions, has_passkeys=has_passkeys)
