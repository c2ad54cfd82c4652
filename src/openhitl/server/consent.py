"""Where people allow programs and devices something. Opening a page changes nothing: its buttons do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from openhitl.errors import InvalidClient, InvalidRedirectUri, NotFound, OAuthError, RateLimited
from openhitl.identity.oauth.authorization import Asked
from openhitl.identity.oauth.devices import PATH
from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_documents import ROOT
from openhitl.protocol.people import SignedIn
from openhitl.protocol.redirects import destination_of
from openhitl.protocol.user_codes import read_code
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, see_other, wants_html
from openhitl.review.pages.consent import (
    Consent,
    Look,
    render_consent,
    render_device,
    render_device_decided,
    render_not_asked,
)
from openhitl.review.reading import html_response
from openhitl.review.router import Route
from openhitl.server.oauth import parameters_of, server_of
from openhitl.words import choose_language

AUTHORIZE = f"{ROOT}/authorize"
#: What is of the form, and not of the program's request.
_OWN = ("csrf", "decision")


async def authorize(door: Door, request: Request) -> Response:
    """Ask somebody who is signed in whether a program may be an agent of theirs. RFC 6749 §4.1.1."""
    signed_in = await door.person(request)
    return await _answered(door, request, signed_in, request.query)


async def decide(door: Door, request: Request) -> Response:
    """Take the answer, and send the browser back to the program. RFC 6749 §4.1.2."""
    signed_in = await door.person_posting(request)
    return await _answered(door, request, signed_in, parameters_of(request))


async def _answered(
    door: Door, request: Request, signed_in: SignedIn, parameters: Mapping[str, str]
) -> Response:
    authorization = server_of(door).authorization
    caller = f"person:{signed_in.person.person_id}"
    try:
        address = await authorization.address(parameters, caller=caller)
    except (InvalidClient, InvalidRedirectUri) as error:
        if not wants_html(request.headers):
            raise
        return html_response(render_not_asked(_look(door, request), reason=error.message))
    try:
        asked = authorization.read(address, parameters)
    except OAuthError as error:
        return see_other(authorization.refused(address, error))
    decision = parameters.get("decision") if request.method == "POST" else None
    if decision == "allow":
        return see_other(await authorization.allow(asked, signed_in))
    if decision == "deny":
        return see_other(authorization.deny(address))
    return html_response(
        render_consent(_consent(door, request, signed_in, asked, parameters), _look(door, request))
    )


def _consent(
    door: Door, request: Request, signed_in: SignedIn, asked: Asked, parameters: Mapping[str, str]
) -> Consent:
    client = asked.address.client
    passed_on = {name: value for name, value in parameters.items() if name not in _OWN}
    return Consent(
        client_name=client.metadata.name,
        kind=client.kind,
        document=_document_host(client.client_id, client.kind),
        terms=asked.terms,
        destination=destination_of(asked.address.redirect_uri),
        person=signed_in.person.name,
        target=door.base + AUTHORIZE,
        hidden={**passed_on, "csrf": door.csrf(request)},
    )


def _document_host(client_id: str, kind: ClientKind) -> str:
    return urlsplit(client_id).netloc if kind is ClientKind.DOCUMENT else ""


async def device(door: Door, request: Request) -> Response:
    """Ask for the code that a device shows; one in the address is filled in, and no more. RFC 8628 §3.3."""
    await door.person(request)
    return _ask_code(door, request, typed=read_code(request.query.get("user_code", "")) or "")


async def decide_device(door: Door, request: Request) -> Response:
    """Look for the device that shows a code; then take the answer about it. RFC 8628 §3.3, §5.1, §5.4."""
    signed_in = await door.person_posting(request)
    parameters = parameters_of(request)
    devices = server_of(door).devices
    typed = parameters.get("user_code", "")
    decision = parameters.get("decision")
    try:
        if decision in ("allow", "deny"):
            is_allowed = decision == "allow"
            code = read_code(typed) or ""
            await devices.decide(signed_in, code, parameters.get("ticket", ""), is_allowed=is_allowed)
            return html_response(render_device_decided(_look(door, request), is_allowed=is_allowed))
        code, found = await devices.look(signed_in, typed)
    except (NotFound, RateLimited) as error:
        return _ask_code(door, request, typed=read_code(typed) or "", problem=error.code)
    consent = Consent(
        client_name=found.client_name,
        kind=found.kind,
        document=_document_host(found.client_id, found.kind),
        terms=found.terms,
        place=found.place,
        code=code,
        person=signed_in.person.name,
        target=door.base + PATH,
        hidden={
            "user_code": code,
            "ticket": devices.ticket(signed_in, code),
            "csrf": door.csrf(request),
        },
    )
    return html_response(render_consent(consent, _look(door, request)))


def _ask_code(door: Door, request: Request, *, typed: str, problem: str = "") -> Response:
    page = render_device(
        _look(door, request), target=door.base + PATH, csrf=door.csrf(request), typed=typed, problem=problem
    )
    return html_response(page)


def _look(door: Door, request: Request) -> Look:
    language = choose_language(request.headers.get("accept-language", ""))
    return Look(language=language, base=door.base, theme=door.theme)


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
