"""Where people allow programs and devices something. Opening a page changes nothing: its buttons do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from openhitl.errors import InvalidClient, InvalidRedirectUri, NotFound, OAuthError, RateLimited
from openhitl.identity.oauth.authorization import Asked
from openhitl.identity.oauth.devices import PATH
from openhitl.protocol.oauth import single
from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_documents import ROOT
from openhitl.protocol.people import SignedIn
from openhitl.protocol.redirects import destination_of
from openhitl.protocol.user_codes import read_code
from openhitl.review.accounts.desks import desk_of, problems_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other, wants_html
from openhitl.review.pages.consent import (
    Consent,
    consent_page,
    device_decided_page,
    device_page,
    not_asked_page,
)
from openhitl.review.pages.desk import Desk
from openhitl.review.reading import html_response
from openhitl.review.router import Route
from openhitl.server.oauth import parameters_of, server_of

AUTHORIZE = f"{ROOT}/authorize"
#: What is of the form, and not of the program's request.
_OWN = ("csrf", "decision")


async def authorize(door: Door, request: Request) -> Response:
    """Ask somebody who is signed in whether a program may be an agent of theirs. RFC 6749 §4.1.1."""
    signed_in = await door.person(request)
    return await _answered(door, request, signed_in, single(request.query.items()))


async def decide(door: Door, request: Request) -> Response:
    """Take the answer, and send the browser back to the program. RFC 6749 §4.1.2."""
    signed_in = await door.person_posting(request)
    return await _answered(door, request, signed_in, parameters_of(request))


async def _answered(
    door: Door, request: Request, signed_in: SignedIn, parameters: Mapping[str, str]
) -> Response:
    authorization = server_of(door).authorization
    caller = f"person:{signed_in.person.person_id}"
    desk = desk_of(door, request, signed_in)
    try:
        address = await authorization.address(parameters, caller=caller)
    except (InvalidClient, InvalidRedirectUri) as error:
        if not wants_html(request.headers):
            raise
        return html_response(not_asked_page(desk, reason=error.message))
    try:
        asked = authorization.read(address, parameters)
    except OAuthError as error:
        return _refused(request, desk, authorization.refused(address, error), error)
    decision = parameters.get("decision") if request.method == "POST" else None
    if decision == "allow":
        return see_other(await authorization.allow(asked, signed_in))
    if decision == "deny":
        return see_other(authorization.deny(address))
    return html_response(consent_page(desk, _consent(desk, asked, parameters)))


def _refused(request: Request, desk: Desk, location: str, error: OAuthError) -> Response:
    """Tell the program what is wrong with its request. RFC 6749 §4.1.2.1."""
    if request.headers.get("sec-fetch-site") == "same-origin":
        # This follows the form of our own sign-in page, from which Chromium lets nothing lead elsewhere.
        return html_response(not_asked_page(desk, reason=error.message, back=location))
    return see_other(location)


def _consent(desk: Desk, asked: Asked, parameters: Mapping[str, str]) -> Consent:
    client = asked.address.client
    return Consent(
        client_name=client.metadata.name,
        kind=client.kind,
        document=_document_host(client.client_id, client.kind),
        terms=asked.terms,
        destination=destination_of(asked.address.redirect_uri),
        target=desk.base + AUTHORIZE,
        hidden={name: value for name, value in parameters.items() if name not in _OWN},
    )


def _document_host(client_id: str, kind: ClientKind) -> str:
    return urlsplit(client_id).netloc if kind is ClientKind.DOCUMENT else ""


async def device(door: Door, request: Request) -> Response:
    """Ask for the code that a device shows; one in the address is filled in, and no more. RFC 8628 §3.3."""
    signed_in = await door.person(request)
    typed = read_code(request.query.get("user_code", "")) or ""
    desk = desk_of(door, request, signed_in, typed={"user_code": typed})
    return html_response(device_page(desk, target=door.base + PATH))


async def decide_device(door: Door, request: Request) -> Response:
    """Look for the device that shows a code; then take the answer about it. RFC 8628 §3.3, §5.1, §5.4."""
    signed_in = await door.person_posting(request)
    parameters = parameters_of(request)
    try:
        return await _looked(door, request, signed_in, parameters)
    except (NotFound, RateLimited) as error:
        typed = {"user_code": read_code(parameters.get("user_code", "")) or ""}
        problems = problems_of(error, "user_code")
        desk = desk_of(door, request, signed_in, typed=typed, problems=problems)
        return html_response(device_page(desk, target=door.base + PATH, status=error.status))


async def _looked(
    door: Door, request: Request, signed_in: SignedIn, parameters: Mapping[str, str]
) -> Response:
    devices = server_of(door).devices
    desk = desk_of(door, request, signed_in)
    typed, decision = parameters.get("user_code", ""), parameters.get("decision")
    if decision in ("allow", "deny"):
        is_allowed = decision == "allow"
        ticket = parameters.get("ticket", "")
        await devices.decide(signed_in, read_code(typed) or "", ticket, is_allowed=is_allowed)
        return html_response(device_decided_page(desk, is_allowed=is_allowed))
    code, found = await devices.look(signed_in, typed)
    consent = Consent(
        client_name=found.client_name,
        kind=found.kind,
        document=_document_host(found.client_id, found.kind),
        terms=found.terms,
        place=found.place,
        code=code,
        target=door.base + PATH,
        hidden={"user_code": code, "ticket": devices.ticket(signed_in, code)},
    )
    return html_response(consent_page(desk, consent))


CONSENT_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        pattern=AUTHORIZE,
        handler=authorize,
        summary="The page where somebody allows a program to be an agent of theirs (RFC 6749 §4.1)",
        codes=(200, 303, 400, 401, 429, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern=AUTHORIZE,
        handler=decide,
        summary="Allow or deny it",
        codes=(200, 303, 400, 401, 403, 413, 429, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="GET",
        pattern=PATH,
        handler=device,
        summary="The page where somebody types the code of a device (RFC 8628)",
        codes=(200, 303, 401, 503),
        credential="person",
        html=True,
    ),
    Route(
        method="POST",
        pattern=PATH,
        handler=decide_device,
        summary="Look for the device, then allow or deny it",
        codes=(200, 400, 401, 403, 404, 413, 429, 503),
        credential="person",
        html=True,
    ),
)
