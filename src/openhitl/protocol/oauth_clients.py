"""Programs that ask people for grants: what they say of themselves. RFC 7591 §2."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from openhitl.errors import InvalidClientMetadata, InvalidRedirectUri, OAuthError
from openhitl.protocol.oauth import AUTH_METHODS, CODE_GRANT, GRANT_TYPES, REFRESH_GRANT
from openhitl.protocol.record import record
from openhitl.protocol.redirects import checked_redirect
from openhitl.protocol.visible import one_line

MAX_NAME_CHARACTERS = 100
MAX_REDIRECTS = 20
MAX_URL_CHARACTERS = 1_000
UNNAMED = "A program without a name"
#: Where a program that somebody registered by hand may wait for its answer: on this machine, at any port.
LOCAL_REDIRECTS = tuple(f"http://{host}/callback" for host in ("localhost", "127.0.0.1", "[::1]"))

TOKEN_LIFE = timedelta(hours=1)
#: For programs that did not say that they refresh their tokens.
LONG_TOKEN_LIFE = timedelta(hours=24)


class ClientKind(StrEnum):
    """How a program came to be known: by itself, by the document at its address, by an owner."""

    DYNAMIC = "dynamic"
    DOCUMENT = "document"
    ADMIN = "admin"


@record(frozen=True, slots=True, kw_only=True)
class ClientMetadata:
    """What a program says of itself; nobody has checked any of it but its form."""

    name: str
    redirect_uris: tuple[str, ...]
    grant_types: tuple[str, ...]
    auth_method: str

    def to_wire(self) -> dict[str, Any]:
        """Spell it. RFC 7591 §3.2.1."""
        return {
            "client_name": self.name,
            "redirect_uris": list(self.redirect_uris),
            "grant_types": list(self.grant_types),
            "response_types": ["code"] if CODE_GRANT in self.grant_types else [],
            "token_endpoint_auth_method": self.auth_method,
        }


@record(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that is known. `ref` is its row; `fetched_at` is of its document.

    `agent_name` is what its agent is called unless somebody says otherwise.
    """

    ref: int
    client_id: str
    kind: ClientKind
    metadata: ClientMetadata
    secret_hash: bytes | None = None
    agent_name: str | None = None
    fetched_at: datetime | None = None

    @property
    def token_life(self) -> timedelta:
        """How long its access tokens are good."""
        return TOKEN_LIFE if REFRESH_GRANT in self.metadata.grant_types else LONG_TOKEN_LIFE


def parse_metadata(body: object, *, auth_method: str = "client_secret_basic") -> ClientMetadata:
    """Read what a program registers. Members that mean nothing here are passed over.

    Args:
        auth_method: how it authenticates unless it says so. RFC 7591 §2.

    Raises: InvalidClientMetadata, InvalidRedirectUri.
    """
    if not isinstance(body, dict):
        raise InvalidClientMetadata("The metadata must be a JSON object.")
    given = {name: value for name, value in body.items() if value is not None}
    method = given.get("token_endpoint_auth_method", auth_method)
    if method not in AUTH_METHODS:
        raise InvalidClientMetadata(f"token_endpoint_auth_method must be one of {', '.join(AUTH_METHODS)}.")
    grant_types = _grant_types(given)
    return ClientMetadata(
        name=readable_name(given.get("client_name", UNNAMED), refusal=InvalidClientMetadata),
        redirect_uris=_redirects(given, CODE_GRANT in grant_types),
        grant_types=grant_types,
        auth_method=method,
    )


def readable_name(raw: object, *, refusal: type[OAuthError] = OAuthError) -> str:
    """Read what a program or an agent is called: 1 to 100 characters that can be seen. Raises: `refusal`."""
    name = unicodedata.normalize("NFC", raw).strip() if isinstance(raw, str) else ""
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or one_line(name) != name:
        raise refusal(f"A name has 1 to {MAX_NAME_CHARACTERS} characters that can be seen.")
    return name


def _grant_types(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Keep the grant types that there are here. RFC 7591 §3.2.1 lets a server replace what was asked."""
    asked = _texts(given.get("grant_types", [CODE_GRANT]), "grant_types", len(GRANT_TYPES) * 3)
    known = tuple(name for name in GRANT_TYPES if name in asked)
    if not set(known) - {REFRESH_GRANT}:
        raise InvalidClientMetadata(f"grant_types must hold some of {', '.join(GRANT_TYPES)}.")
    if CODE_GRANT in known and "code" not in _texts(
        given.get("response_types", ["code"]), "response_types", 10
    ):
        raise InvalidClientMetadata("response_types must hold `code` for the grant type authorization_code.")
    return known


def _redirects(given: Mapping[str, Any], is_needed: bool) -> tuple[str, ...]:
    listed = given.get("redirect_uris", [])
    if not isinstance(listed, list) or len(listed) > MAX_REDIRECTS:
        raise InvalidRedirectUri(f"redirect_uris must be an array of at most {MAX_REDIRECTS}.")
    if is_needed and not listed:
        raise InvalidRedirectUri("redirect_uris is missing.")
    return tuple(checked_redirect(uri) for uri in listed)


def _texts(value: object, name: str, most: int) -> list[str]:
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
        raise InvalidClientMetadata(f"{name} must be an array of strings.")
    return value


def is_document_id(client_id: str) -> bool:
    """Tell whether a client id is the address of its document: https, with a path, and plainly spelt.

    OAuth Client ID Metadata Document §3.
    """
    try:
        parts = urlsplit(client_id)
        checked_redirect(client_id)
    except (ValueError, InvalidRedirectUri):
        return False
    has_dots = {".", ".."} & set(parts.path.split("/"))
    return (
        parts.scheme == "https"
        and parts.path not in ("", "/")
        and not has_dots
        and len(client_id) <= MAX_URL_CHARACTERS
    )


def parse_document(client_id: str, document: object) -> ClientMetadata:
    """Read the document at a client's address. OAuth Client ID Metadata Document §4.

    Raises: InvalidClientMetadata if it is of another client, or wants a secret, which nobody could share;
    InvalidRedirectUri.
    """
    if not isinstance(document, dict) or document.get("client_id") != client_id:
        raise InvalidClientMetadata("The document at that address is not about this client_id.")
    metadata = parse_metadata(document, auth_method="none")
    if metadata.auth_method != "none" or "client_secret" in document:
        raise InvalidClientMetadata("A client with a document has no secret.")
    return metadata
