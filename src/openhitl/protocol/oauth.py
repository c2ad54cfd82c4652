"""OAuth 2.1 as rules: proof keys, scopes and resources. Who may be sent where is in `redirects`."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from openhitl.errors import InvalidScope, InvalidTarget, OAuthError
from openhitl.protocol.base64url import encode
from openhitl.protocol.scopes import ALL_SCOPES, Scope

CODE_GRANT = "authorization_code"
REFRESH_GRANT = "refresh_token"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = (CODE_GRANT, REFRESH_GRANT, DEVICE_GRANT)
AUTH_METHODS = ("none", "client_secret_post", "client_secret_basic")

#: What programs written for OpenID providers ask for; it means nothing here. OpenID Connect Core §5.4.
_OPENID = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})

#: Where the MCP server answers.
MCP_PATH = "/mcp-server/mcp"
#: What tokens are for, beside the whole server.
_RESOURCE_PATHS = (MCP_PATH, "/mcp")

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
#: Base64url of SHA-256: the last character holds four bits. RFC 7636 §4.2.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def checked_challenge(challenge: str | None, method: str | None) -> str:
    """Read the challenge of an authorization request. RFC 7636 §4.3, §4.4.1.

    Raises: OAuthError without one, for a method other than S256 (none named means `plain`), and for what
    cannot be a digest.
    """
    if not challenge:
        raise OAuthError("code_challenge is missing: this server wants PKCE.")
    if method != "S256":
        raise OAuthError("code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("code_challenge must be the SHA-256 of the verifier as base64url, 43 characters.")
    return challenge


def challenge_of(verifier: str | None) -> str:
    """Derive the challenge that a verifier answers. RFC 7636 §4.1, §4.6.

    Raises: OAuthError for one that is missing or malformed.
    """
    if not verifier or not _VERIFIER.fullmatch(verifier):
        raise OAuthError("code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~.")
    return encode(hashlib.sha256(verifier.encode()).digest())


def granted_scopes(asked: str | None) -> frozenset[Scope]:
    """Say which scopes an asked `scope` is granted: all without one. RFC 6749 §3.3.

    What is of OpenID Connect means nothing here: asking for it alone is asking for the usual.
    Raises: InvalidScope for any other.
    """
    return _own_scopes(asked) or ALL_SCOPES


def narrowed_scopes(granted: frozenset[Scope], asked: str | None) -> frozenset[Scope]:
    """Say which scopes a refreshed token has: those granted, or fewer. RFC 6749 §6. Raises: InvalidScope."""
    wanted = _own_scopes(asked) or granted
    if not wanted <= granted:
        raise InvalidScope
    return wanted


def _own_scopes(asked: str | None) -> frozenset[Scope]:
    names = frozenset((asked or "").split())
    if not names <= _OPENID | ALL_SCOPES:
        raise InvalidScope
    return frozenset(scope for scope in Scope if scope in names)


def checked_resource(asked: str | None, base_url: str) -> str:
    """Say for which resource tokens are wanted: this server without one. RFC 8707 §2.

    Returns: the resource without a trailing slash. Raises: InvalidTarget if it is not one of ours.
    """
    wanted = (asked or base_url).removesuffix("/")
    if _lowered_host(wanted) not in {_lowered_host(resource) for resource in resources_of(base_url)}:
        raise InvalidTarget
    return _lowered_host(wanted)


def resources_of(base_url: str) -> tuple[str, ...]:
    """Name what tokens of a server can be for."""
    return (base_url, *(base_url + path for path in _RESOURCE_PATHS))


def _lowered_host(url: str) -> str:
    """Spell scheme and host in lower case, as all that compare them do. RFC 3986 §6.2.2.1."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts._replace(netloc=parts.netloc.lower()).geturl() if parts.netloc else url


def is_same(secret: str | None, digest: bytes) -> bool:
    """Tell whether a secret has this SHA-256, in the same time whatever it is."""
    found = hashlib.sha256((secret or "").encode("utf-8", "surrogatepass")).digest()
    return hmac.compare_digest(found, digest)


def single(parameters: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Read parameters; those without a value count as left out. RFC 6749 §3.1, §3.2.

    Raises: OAuthError for one that comes twice.
    """
    found: dict[str, str] = {}
    for name, value in parameters:
        if name in found:
            raise OAuthError("A parameter is given more than once.")
        if value:
            found[name] = value
    return found
