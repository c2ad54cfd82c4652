"""The review page and what it fetches. Nothing here changes anything: a GET never decides."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus

from markupsafe import Markup

from openhitl.cases import StoredCase
from openhitl.errors import HitlError, NotFound, PeerError
from openhitl.protocol.case import Json
from openhitl.protocol.people import SignedIn
from openhitl.protocol.preferences import USUAL
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, error_headers, json_response
from openhitl.review.inbox.beside import beside_of
from openhitl.review.languages import language_of
from openhitl.review.pages import (
    Page,
    PageView,
    Problems,
    page_headers,
    render_error,
    render_review,
)
from openhitl.review.pages.refusals import NO_SUCH_PAGE
from openhitl.review.pages.view import NOTHING
from openhitl.review.reviewing import looker

PREFILL = "prefill"
#: What a page's address says beside how it is looked at.
_NOT_CHOSEN = frozenset({"token", "csrf", "mark"})
STATIC_HEADERS = (
    # Of use to an SVG that somebody opens by itself: it runs nothing.
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    ("cache-control", "public, max-age=31536000, immutable"),
    ("x-content-type-options", "nosniff"),
)


async def page(door: Door, request: Request, case_id: str) -> Response:
    """Serve the review page. HITL v0.8 §7, §11."""
    await looker(door, request, case_id)
    return await page_response(await view_of(door, request, case_id))


async def view_of(
    door: Door, request: Request, case_id: str, *, problems: Problems | None = None, drawn: bool = True
) -> PageView:
    """Gather what the page of a case is made from; the token has been verified.

    What will not be drawn needs no rounds.
    """
    stored = await door.book.current(case_id)
    signed_in = await door.visitor(request)
    look = USUAL if signed_in is None else signed_in.preferences
    return PageView(
        stored=stored,
        rounds=await _rounds(door, stored, signed_in) if drawn else (),
        draft=await door.book.draft(case_id),
        token=request.query.get("token", ""),
        base=door.base,
        theme=door.theme,
        csrf=door.csrf(request),
        mark=door.mark(signed_in),
        query={name: value for name, value in request.query.items() if name not in _NOT_CHOSEN},
        language=language_of(request, signed_in),
        zone=look.zone or None,
        look=look,
        beside=await _beside(door, request, signed_in, case_id) if drawn else NOTHING,
        lacks_passkey=await _lacks_passkey(door, stored, signed_in) if drawn else False,
        now=door.book.clock(),
        carried=door.book.carrier.unseal(case_id, request.cookies.get(carry_name(case_id))),
        prefills=await _prefills(door, stored, request.query.get(PREFILL)),
        problems=problems,
        submission_id=secrets.token_urlsafe(16),
    )


async def _beside(door: Door, request: Request, signed_in: SignedIn | None, case_id: str) -> Markup:
    """Draw what else waits, for somebody who came by name."""
    if signed_in is None or "token" in request.query:
        return NOTHING
    return await beside_of(door, request, signed_in, case_id)


async def _lacks_passkey(door: Door, stored: StoredCase, signed_in: SignedIn | None) -> bool:
    if door.accounts is None or signed_in is None or stored.content.policy is None or stored.case.is_final:
        return False
    return not await door.accounts.passkeys(signed_in)


async def _rounds(door: Door, stored: StoredCase, signed_in: SignedIn | None) -> Sequence[StoredCase]:
    if stored.case.previous_case_id is None:
        return ()
    return await door.book.rounds_before(stored, signed_in.person.person_id if signed_in else None)


async def page_response(view: PageView, *, status: int | None = None) -> Response:
    """Render a review page, beside the event loop: a full one may take a second."""
    drawn = await asyncio.to_thread(render_review, view)
    return html_response(replace(drawn, mark=view.mark), status=status)


async def error_page(door: Door, error: HitlError, request: Request, *, is_known: bool = True) -> Response:
    """Render an error for a person, with a way back for somebody who is signed in.

    `is_known` is whether there is anything at all at this address.
    """
    signed_in = None
    # Where too much is asked of the server, or it fails, nothing more is asked of it.
    if error.status < HTTPStatus.TOO_MANY_REQUESTS:
        with suppress(HitlError):
            signed_in = await door.visitor(request)
    page = render_error(
        error.code if is_known else NO_SUCH_PAGE,
        error.status,
        language_of(request, signed_in),
        base=door.base,
        theme=door.theme,
        look=signed_in.preferences if signed_in else USUAL,
        has_inbox=signed_in is not None,
    )
    response = html_response(page)
    if error.status == 401:  # how programs authenticate is nothing that a browser could do
        return response
    return replace(response, headers=(*response.headers, *error_headers(error)))


def html_response(page: Page, *, status: int | None = None) -> Response:
    """Send a page with the headers that every page has."""
    return Response(
        status or page.status,
        page.html.encode("utf-8"),
        content_type="text/html; charset=utf-8",
        headers=tuple(page_headers(page.form_target, installs=page.installs, mark=page.mark).items()),
    )


def carry_name(case_id: str) -> str:
    """Name the cookie that carries a wizard's sensitive values."""
    return f"hitl_carry_{case_id}"


async def _prefills(door: Door, stored: StoredCase, key: str | None) -> Json:
    if key is None or stored.case.is_final:
        return {}
    try:
        return {key: await _fetch_default(door, stored.case.case_id, key)}
    except (NotFound, PeerError):
        return {}  # the field stays empty; the human can still type


async def static(door: Door, request: Request, name: str) -> Response:
    """Serve a file whose name holds the hash of its content."""
    found = door.theme.file(name)
    if found is None:
        raise NotFound("There is no such file.")
    return Response(200, found.content, content_type=found.media_type, headers=STATIC_HEADERS)


async def prefill(door: Door, request: Request, case_id: str, key: str) -> Response:
    """Fetch the `default_ref` of one field, now that the page asks. HITL v0.8 §10.3.1."""
    await looker(door, request, case_id)
    if (await door.book.current(case_id)).case.is_final:
        raise NotFound("Nothing can be filled in any more.")
    try:
        value = await _fetch_default(door, case_id, key)
    except PeerError as error:
        raise NotFound("The value could not be fetched.") from error
    return json_response(200, {"value": value})


async def _fetch_default(door: Door, case_id: str, key: str) -> object:
    file = await door.book.files.file(case_id)
    for field in file.context.form.fields if file.context.form else ():
        if field.key == key and field.default_ref is not None:
            return await door.fetch_default(field.default_ref)
    raise NotFound
