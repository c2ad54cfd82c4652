"""The OAuth 2.1 door for programs: registration, tokens, devices, revocation. The pages are in `consent`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from openhitl.errors import (
    InvalidClientMetadata,
    MalformedRequest,
    NotFound,
    OAuthError,
    UnsupportedMediaType,
)
from openhitl.identity import AuthorizationServer
from openhitl.identity.oauth.clients import shown_by
from openhitl.protocol.oauth import single
from openhitl.protocol.oauth_clients import Client, is_document_id
from openhitl.protocol.oauth_documents import ROOT
from openhitl.protocol.scopes import Scope
from openhitl.review.bodies import body_object
from openhitl.review.callers import neighbourhood
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response
from openhitl.review.router import Route

_TOKEN_HEADERS = (("pragma", "no-cache"),)  # RFC 6749 §5.1


async def register(door: Door, request: Request) -> Response:
    """Keep a program that registers itself. RFC 7591 §3."""
    try:
        body = request.json()
    except (MalformedRequest, UnsupportedMediaType) as error:
        raise InvalidClientMetadata("The body must be a JSON object.") from error
    caller = neighbourhood(request.client)
    return json_response(201, await server_of(door).clients.register(body, caller=caller), _TOKEN_HEADERS)


async def register_for(door: Door, request: Request) -> Response:
    """Keep a program that an owner's agent registers."""
    asker = await door.asker(request, Scope.ASK)
    body = body_object(request)
    return json_response(201, await server_of(door).clients.register_for(asker, body))


async def token(door: Door, request: Request) -> Response:
    """Give a program its tokens. RFC 6749 §3.2."""
    server = server_of(door)
    parameters = parameters_of(request)
    client = await _client(server, request, parameters)
    answer = await server.tokens.give(client, parameters, agent_name=_agent_name(request))
    return json_response(200, answer, _TOKEN_HEADERS)


async def revoke(door: Door, request: Request) -> Response:
    """Take back a grant. RFC 7009 §2."""
    server = server_of(door)
    parameters = parameters_of(request)
    client = await _client(server, request, parameters)
    await server.tokens.revoke(client, parameters.get("token"))
    return json_response(200, {})


async def device_authorization(door: Door, request: Request) -> Response:
    """Give a device its codes. RFC 8628 §3.1."""
    server = server_of(door)
    parameters = parameters_of(request)
    caller = neighbourhood(request.client)
    client_id = parameters.get("client_id", "")
    if is_document_id(client_id):
        await server.clients.known(client_id, caller=caller)
    client = await _client(server, request, parameters)
    answer = await server.devices.begin(
        client, parameters, agent_name=_agent_name(request), place=request.client, caller=caller
    )
    return json_response(200, answer, _TOKEN_HEADERS)


def server_of(door: Door) -> AuthorizationServer:
    """Return the authorization server behind a door. Raises: NotFound where there is none."""
    if door.oauth is None:
        raise NotFound
    return door.oauth


def parameters_of(request: Request) -> Mapping[str, str]:
    """Read the form of a request. RFC 6749 §3.2. Raises: OAuthError."""
    if not request.is_form:
        raise OAuthError("The body must be application/x-www-form-urlencoded.")
    try:
        return single(request.form())
    except MalformedRequest as error:
        raise OAuthError(error.message) from error


async def _client(server: AuthorizationServer, request: Request, parameters: Mapping[str, str]) -> Client:
    shown = shown_by(request.headers.get("authorization"), parameters)
    return await server.clients.authenticated(shown)


def _agent_name(request: Request) -> str | None:
    """Read what a program calls the agent, beyond ASCII percent-encoded; None if it does not say."""
    return unquote(request.headers.get("x-mcp-agent-name", "")).strip() or None


OAUTH_ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        pattern=f"{ROOT}/register",
        handler=register,
        summary="Register a program (RFC 7591)",
        codes=(201, 400, 413, 429, 503),
        detail=True,
    ),
    Route(
        method="POST",
        pattern=f"{ROOT}/clients/register",
        handler=register_for,
        summary="Register a program under a name of your choice, as an owner's agent",
        codes=(201, 400, 401, 403, 409, 413, 415, 422, 429, 503),
        credential="key",
        detail=True,
    ),
    Route(
        method="POST",
        pattern=f"{ROOT}/token",
        handler=token,
        summary="Exchange a code, a refresh token or a device code for tokens (RFC 6749, RFC 8628)",
        codes=(200, 400, 401, 413, 503),
        credential="client",
        detail=True,
    ),
    Route(
        method="POST",
        pattern=f"{ROOT}/revoke",
        handler=revoke,
        summary="Take back a grant with all its tokens (RFC 7009)",
        codes=(200, 400, 401, 413, 503),
        credential="client",
        detail=True,
    ),
    Route(
        method="POST",
        pattern=f"{ROOT}/device_authorization",
        handler=device_authorization,
        summary="Begin with a device that has no browser (RFC 8628)",
        codes=(200, 400, 401, 413, 429, 503),
        credential="client",
        detail=True,
    ),
)
