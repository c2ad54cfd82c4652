"""The client's side of OAuth 2.1 as pure values: requests are built here and answers read, nothing is sent.

A native program without a secret: PKCE (RFC 7636), a loopback redirect (RFC 8252 §7.3), discovery
(RFC 8414), dynamic registration (RFC 7591), the issuer in the answer (RFC 9207), the resource named
(RFC 8707), or a code that is typed in elsewhere (RFC 8628).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from openhitl.client.exchange import Request, Response
from openhitl.client.logins import Login
from openhitl.client.origins import is_loopback, same_origin, site_of
from openhitl.client.pauses import PASSING
from openhitl.client.requests import agent_header
from openhitl.errors import LoginEnded, LoginRefused, ServerUnreachable
from openhitl.protocol.compact import compact
from openhitl.protocol.visible import visible

SCOPE = "ask read"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEFAULT_INTERVAL_SECONDS = 5.0
MAX_INTERVAL_SECONDS = 60.0
#: RFC 8628 §3.5.
SLOW_DOWN_SECONDS = 5.0
_MAX_LIFETIME = timedelta(days=3650)
_MAX_MESSAGE_CHARACTERS = 500
_FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Where a server does what. `names_issuer`: it does so in every answer to an authorization."""

    issuer: str
    authorization_url: str
    token_url: str
    registration_url: str
    revocation_url: str
    device_url: str
    names_issuer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a server gives to whoever may come in."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What is typed in elsewhere, and where. `device_code` is for polling alone."""

    device_code: str = field(repr=False)
    user_code: str
    verification_url: str
    complete_url: str
    interval_seconds: float
    lifetime: timedelta


def metadata_request(server_url: str) -> Request:
    """Ask where a server does what. RFC 8414 §3: the well-known path stands before the issuer's own."""
    path = urlsplit(server_url).path
    url = f"{site_of(server_url)}/.well-known/oauth-authorization-server{path}"
    return Request(method="GET", url=url, headers={"Accept": "application/json"})


def read_metadata(server_url: str, response: Response) -> Metadata:
    """Read where a server does what.

    Raises: LoginRefused if the server is another than it was called by (RFC 8414 §3.3), sends us
    elsewhere, or cannot do what OAuth 2.1 asks for.
    """
    if response.status == 404:
        raise LoginRefused(
            f"{server_url} lets nobody log in.", hint="Is that the address of an OpenHITL server?"
        )
    body = _object(response)
    issuer = str(body.get("issuer"))
    if issuer != server_url:
        raise LoginRefused(
            f"The server at {server_url} calls itself {visible(issuer)}.",
            hint=f"If you know that address: hitl login --server {visible(issuer)}",
        )
    if not (is_loopback(issuer) or issuer.startswith("https:")):
        raise LoginRefused(
            "Whoever reads the network on the way could take the login: the server needs https."
        )
    if "S256" not in _strings(body.get("code_challenge_methods_supported")):
        raise LoginRefused("The server does not protect codes with PKCE, as OAuth 2.1 asks for.")
    found = {name: _endpoint(server_url, body.get(member)) for name, member in _ENDPOINTS.items()}
    if not found["authorization_url"] or not found["token_url"] or not found["registration_url"]:
        raise LoginRefused("The server does not say where to log in.")
    names_issuer = body.get("authorization_response_iss_parameter_supported") is True
    return Metadata(issuer=issuer, names_issuer=names_issuer, **found)


_ENDPOINTS = {
    "authorization_url": "authorization_endpoint",
    "token_url": "token_endpoint",
    "registration_url": "registration_endpoint",
    "revocation_url": "revocation_endpoint",
    "device_url": "device_authorization_endpoint",
}


def registration_request(metadata: Metadata, *, client_name: str, redirect_uri: str) -> Request:
    """Register this program: a native one, without a secret, whose redirect may take any port."""
    grants = ["authorization_code", "refresh_token", *([DEVICE_GRANT] if metadata.device_url else [])]
    body = {
        "client_name": client_name,
        "redirect_uris": [redirect_uri],
        "application_type": "native",
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": SCOPE,
    }
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    url = metadata.registration_url
    return Request(method="POST", url=url, headers=headers, body=compact(body), repeatable=False)


def read_registration(response: Response) -> str:
    """Return the client id. Raises: LoginRefused."""
    client_id = _object(response).get("client_id")
    if not isinstance(client_id, str) or not client_id:
        raise LoginRefused("The server registered this program without saying as what.")
    return client_id


def client_request(metadata: Metadata, client_id: str) -> Request:
    """Ask whether a server still knows this program, by revoking a token that never was. RFC 7009 §2.2."""
    return _post(metadata.revocation_url, {"token": "unknown", "client_id": client_id})


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier. RFC 7636 §4.2."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def authorization_url(
    metadata: Metadata, *, client_id: str, redirect_uri: str, state: str, verifier: str, agent_name: str
) -> str:
    """Return where the human says yes. An OpenHITL server shows the agent's name there too."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "resource": metadata.issuer,
        "agent_name": agent_name,
    }
    joint = "&" if urlsplit(metadata.authorization_url).query else "?"
    return f"{metadata.authorization_url}{joint}{urlencode(query)}"


def read_redirect(metadata: Metadata, query: Mapping[str, str]) -> str:
    """Return the code that a redirect brought; its `state` was checked.

    Raises: LoginRefused, also if the answer comes from another server than was asked. RFC 9207 §2.4.
    """
    issuer = query.get("iss")
    if (issuer is None and metadata.names_issuer) or issuer not in (None, metadata.issuer):
        raise LoginRefused("The answer came from another server than was asked; nothing was sent to it.")
    if "error" in query:
        raise _refused(query)
    if not query.get("code"):
        raise LoginRefused("The server let nobody in and did not say why.")
    return query["code"]


def code_request(
    metadata: Metadata, code: str, *, client_id: str, redirect_uri: str, verifier: str, agent_name: str
) -> Request:
    """Exchange a code for tokens, for an agent of this name."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": client_id,
        "code_verifier": verifier,
        "resource": metadata.issuer,
    }
    return _post(metadata.token_url, form, agent_header(agent_name))


def read_tokens(response: Response, *, now: datetime) -> Tokens:
    """Read the tokens. Raises: LoginRefused."""
    body = _object(response)
    token, kind = body.get("access_token"), str(body.get("token_type"))
    if not _is_token(token) or kind.lower() != "bearer":
        raise LoginRefused("The server let us in without a token that we can use.")
    refresh = body.get("refresh_token")
    lifetime = _seconds(body.get("expires_in"))
    return Tokens(
        access_token=str(token),
        refresh_token=str(refresh) if _is_token(refresh) else None,
        expires_at=now + lifetime if lifetime is not None else None,
    )


def refresh_request(login: Login) -> Request:
    """Ask for the tokens that follow on a login's. Sent twice within 30 s it gets the same ones."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": login.refresh_token or "",
        "client_id": login.client_id,
    }
    return _post(login.token_url, form)


def refreshed(login: Login, response: Response, *, now: datetime) -> Login:
    """Return a login with the tokens that follow. Raises: LoginEnded; ServerUnreachable for now."""
    if response.status in PASSING:
        raise ServerUnreachable(f"The server answered {response.status} when the login was renewed.")
    try:
        tokens = read_tokens(response, now=now)
    except LoginRefused as error:
        raise LoginEnded(f"The login as {login.name} is over: {error.message}") from error
    return replace(
        login,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or login.refresh_token,
        expires_at=tokens.expires_at,
    )


def revocation_request(login: Login) -> Request:
    """Ask the server to forget a login. RFC 7009."""
    hint = "refresh_token" if login.refresh_token else "access_token"
    token = login.refresh_token or login.access_token
    form = {"token": token, "token_type_hint": hint, "client_id": login.client_id}
    return _post(login.revocation_url, form)


def device_request(metadata: Metadata, *, client_id: str, agent_name: str) -> Request:
    """Ask for a code to be typed in elsewhere. RFC 8628 §3.1."""
    form = {"client_id": client_id, "scope": SCOPE, "resource": metadata.issuer}
    return _post(metadata.device_url, form, agent_header(agent_name))


def read_device(metadata: Metadata, response: Response) -> DeviceCode:
    """Read that code. RFC 8628 §3.2. Raises: LoginRefused."""
    body = _object(response)
    names = ("device_code", "user_code", "verification_uri")
    given = [body.get(name) for name in names]
    lifetime = _seconds(body.get("expires_in"))
    if not all(isinstance(value, str) and value for value in given) or lifetime is None:
        raise LoginRefused("The server gave a code that nobody can use.")
    device_code, user_code, url = map(str, given)
    if not same_origin(url, metadata.issuer):
        raise LoginRefused("The server sends you elsewhere to type in its code.")
    complete = str(body.get("verification_uri_complete") or "")
    return DeviceCode(
        device_code=device_code,
        user_code=user_code,
        verification_url=url,
        complete_url=complete if same_origin(complete, metadata.issuer) else url,
        interval_seconds=_interval(body.get("interval")),
        lifetime=lifetime,
    )


def device_token_request(metadata: Metadata, code: DeviceCode, *, client_id: str, agent_name: str) -> Request:
    """Ask whether the code was typed in. RFC 8628 §3.4."""
    form = {
        "grant_type": DEVICE_GRANT,
        "device_code": code.device_code,
        "client_id": client_id,
        "resource": metadata.issuer,
    }
    return _post(metadata.token_url, form, agent_header(agent_name))


def next_interval(response: Response, interval_seconds: float) -> float | None:
    """Return the pause before the code is asked after again; None if it is decided. RFC 8628 §3.5."""
    if response.status in PASSING:
        return min(interval_seconds * 2, MAX_INTERVAL_SECONDS)
    match error_of(response):
        case "authorization_pending":
            return interval_seconds
        case "slow_down":
            return interval_seconds + SLOW_DOWN_SECONDS
    return None


def error_of(response: Response) -> str | None:
    """Return the code of an OAuth error; None if it is none."""
    if response.status < 400:
        return None
    try:
        body = response.json()
    except ValueError:
        return None
    return str(body.get("error")) if isinstance(body, dict) else None


def _post(url: str, form: Mapping[str, str], more: Mapping[str, str] | None = None) -> Request:
    body = urlencode(form).encode("ascii")
    return Request(method="POST", url=url, headers={**_FORM, **(more or {})}, body=body, repeatable=False)


def _object(response: Response) -> Mapping[str, Any]:
    """Decode what a server answered. Raises: LoginRefused, with what it says if it refuses."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and response.status < 300:
        return body
    if isinstance(body, dict) and "error" in body:
        raise _refused(body)
    raise LoginRefused(f"The server answered {response.status}, and nothing that could be read.")


def _refused(body: Mapping[str, Any]) -> LoginRefused:
    """Say an OAuth error; all of it was written by somebody else."""
    code = str(body["error"])
    said = body.get("error_description") or body.get("message") or ""
    words = visible(str(said)[:_MAX_MESSAGE_CHARACTERS])
    if code == "access_denied":
        return LoginRefused(words or "You said no.", oauth_error=code)
    return LoginRefused(words or f"The server refused: {visible(code[:100])}.", oauth_error=code)


def _endpoint(server_url: str, value: Any) -> str:
    """Take an address that lies on the server itself: no code or token goes anywhere else."""
    return value if isinstance(value, str) and same_origin(value, server_url) else ""


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _is_token(value: Any) -> bool:
    """Tell what a header can hold."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and 0 < len(value) < 16384


def _seconds(value: Any) -> timedelta | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return min(timedelta(seconds=min(float(value), _MAX_LIFETIME.total_seconds())), _MAX_LIFETIME)


def _interval(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        return DEFAULT_INTERVAL_SECONDS
    return min(float(value), MAX_INTERVAL_SECONDS)
