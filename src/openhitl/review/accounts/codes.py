"""Codes of an app, which one's own password can need too."""

from __future__ import annotations

from openhitl.errors import InvalidRequest
from openhitl.identity.accounts import TotpDraft
from openhitl.review.accounts.desks import desk_of, done, problems_of
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.accounts.own import PATH
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.qr import qr_code
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response

_GROUP = 4


async def page(door: Door, request: Request) -> Response:
    """Serve the page where somebody begins to use codes, or stops. Nothing begins by opening it."""
    signed_in = await door.person(request)
    draft = None if signed_in.person.has_totp else accounts_of(door).draw_totp(signed_in)
    return html_response(codes_page(desk_of(door, request, signed_in), draft))


async def begin(door: Door, request: Request) -> Response:
    """Ask for codes from now on, once one shows that the app has the secret."""
    signed_in = await door.person_posting(request)
    given = dict(request.form()) if request.is_form else {}
    accounts = accounts_of(door)
    draft = accounts.totp_draft(signed_in, given.get("secret", ""))
    try:
        await accounts.set_totp(signed_in, draft, given.get("code", ""))
    except InvalidRequest as error:
        return html_response(
            codes_page(desk_of(door, request, signed_in, problems=problems_of(error)), draft)
        )
    return done(door, PATH, "codes-on")


async def stop(door: Door, request: Request) -> Response:
    """Ask for codes no longer, once one was shown."""
    signed_in = await door.person_posting(request)
    given = dict(request.form()) if request.is_form else {}
    try:
        await accounts_of(door).clear_totp(signed_in, given.get("code", ""))
    except InvalidRequest as error:
        return html_response(codes_page(desk_of(door, request, signed_in, problems=problems_of(error)), None))
    return done(door, PATH, "codes-off")


def codes_page(desk: Desk, draft: TotpDraft | None) -> Page:
    """Draw the page where somebody begins to use codes: those of `draft`; without one, where they stop."""
    if draft is None:
        return desk.draw("codes_off.html")
    spelt = " ".join(draft.secret[at : at + _GROUP] for at in range(0, len(draft.secret), _GROUP))
    return desk.draw("codes_on.html", draft=draft, spelt=spelt, qr=qr_code(draft.uri))
