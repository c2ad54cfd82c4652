"""The client of an OpenID provider: what it publishes, and what it says of whoever comes back from it.

OpenID Connect Core 1.0 §3.1, Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (`iss` in responses).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, Key, import_key

from openhitl.errors import PeerError, ProviderFailed, SsoFailed
from openhitl.outbound import Fetched, OutboundHttp
from openhitl.protocol.openid import ALGORITHMS, Identity, claims_problem, identity_of
from openhitl.protocol.record import record
from openhitl.settings import LOCAL_HOSTS

DISCOVERY_PATH = "/.well-known/openid-configuration"
SCOPE = "openid profile email"
#: For how long what a provider publishes is believed without a look.
CACHE_LIFE = timedelta(hours=1)
#: What can stand in a header as it is. RFC 3986 §2
_PLAIN_URL = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,=._~%-]+")
_FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
_log = structlog.get_logger("openhitl.sso")


@record(frozen=True, slots=True, kw_only=True)
class Registration:
    """What this server is to the provider; `secret` is empty for a public client."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


@record(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a provider publishes of itself. OpenID Connect Discovery 1.0 §3."""

    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    algorithms: frozenset[str]
    takes_basic: bool
    names_itself: bool
    fetched_at: datetime


@record(frozen=True, slots=True)
class Keys:
    """The keys that a provider signs with, as JWKs."""

    jwks: Sequence[Mapping[str, Any]]
    fetched_at: datetime


class OpenIdProvider:
    """Speaks to one provider, through the guarded way out."""

    def __init__(
        self, registration: Registration, outbound: OutboundHttp, *, clock: Callable[[], datetime]
    ) -> None:
        self.issuer = registration.issuer
        self._registration = registration
        self._outbound = outbound
        self._clock = clock
        self._metadata: Metadata | None = None
        self._keys: Keys | None = None

    async def authorization_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """Spell where a browser is sent to sign in. Core §3.1.2.1, RFC 7636 §4.3. Raises: PeerError."""
        metadata = await self._published()
        parameters = {
            "response_type": "code",
            "client_id": self._registration.client_id,
            "redirect_uri": self._registration.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        glue = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{glue}{urlencode(parameters)}"

    async def identify(self, response: Mapping[str, str], *, verifier: str, nonce: str) -> Identity:
        """Say who came back, from the parameters that their browser brought.

        Raises: SsoFailed if the provider refused them, or what it says is not for us; PeerError.
        """
        metadata = await self._published()
        # RFC 9207 §2.4: a code of another provider must not be sent to this one.
        if response.get("iss", "" if metadata.names_itself else self.issuer) != self.issuer:
            raise _refused("iss of the response")
        if "error" in response or not response.get("code"):
            raise _refused("no code")
        tokens = await self._redeem(metadata, response["code"], verifier)
        claims = await self._verified(metadata, tokens.get("id_token"))
        wrong = claims_problem(
            claims,
            issuer=self.issuer,
            client_id=self._registration.client_id,
            nonce=nonce,
            now=self._clock(),
        )
        if wrong:
            raise _refused(f"{wrong} of the ID token")
        told = await self._told(metadata, tokens, claims)
        # Whether an address is verified is for whoever names it to say.
        return identity_of(self.issuer, {**claims, "email_verified": None, **told} if told else claims)

    async def _published(self) -> Metadata:
        if self._metadata is None or self._clock() - self._metadata.fetched_at > CACHE_LIFE:
            url = self.issuer.rstrip("/") + DISCOVERY_PATH
            document = _object(await self._outbound.get(url, headers={"accept": "application/json"}))
            self._metadata = _metadata(self.issuer, document, self._clock())
        return self._metadata

    async def _redeem(self, metadata: Metadata, code: str, verifier: str) -> Mapping[str, Any]:
        """Trade a code for tokens. Core §3.1.3."""
        ours = self._registration
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ours.redirect_uri,
            "code_verifier": verifier,
        }
        headers = dict(_FORM)
        if ours.secret and metadata.takes_basic:
            pair = f"{quote_plus(ours.client_id)}:{quote_plus(ours.secret)}"  # RFC 6749 §2.3.1
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        else:
            form["client_id"] = ours.client_id
            if ours.secret:
                form["client_secret"] = ours.secret
        fetched = await self._outbound.post(
            metadata.token_endpoint, urlencode(form).encode(), headers=headers
        )
        if 400 <= fetched.status < 500:
            raise _refused(f"token endpoint: {fetched.status}")
        return _object(fetched)

    async def _verified(self, metadata: Metadata, token: object) -> Mapping[str, Any]:
        """Check the signature of an ID token; return its claims, which are still to be judged."""
        if not isinstance(token, str):
            raise ProviderFailed("The OpenID provider sent no ID token.")
        for is_fresh in (False, True):
            keys = await self._published_keys(metadata, fresh=is_fresh)
            try:
                # A key that is not there may be a new one: look again, once.
                return jwt.decode(token, _chooser(keys), algorithms=sorted(metadata.algorithms)).claims
            except _NoSuchKey:
                continue
            except (JoseError, ValueError, TypeError) as error:
                raise _refused(f"ID token: {type(error).__name__}") from error
        raise _refused("ID token: unknown key")

    async def _published_keys(self, metadata: Metadata, *, fresh: bool) -> Keys:
        now = self._clock()
        if self._keys is None or fresh or now - self._keys.fetched_at > CACHE_LIFE:
            document = _object(await self._outbound.get(metadata.jwks_uri))
            found = document.get("keys")
            listed = found if isinstance(found, list) else []
            self._keys = Keys([one for one in listed if isinstance(one, dict)], now)
        return self._keys

    async def _told(
        self, metadata: Metadata, tokens: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Ask for the address of somebody whose token does not say it. Core §5.3."""
        token = tokens.get("access_token")
        if "email" in claims or not metadata.userinfo_endpoint or not isinstance(token, str):
            return {}
        try:
            told = _object(
                await self._outbound.get(
                    metadata.userinfo_endpoint,
                    headers={"authorization": f"Bearer {token}", "accept": "application/json"},
                )
            )
        except PeerError:
            return {}
        return told if told.get("sub") == claims["sub"] else {}  # §5.3.2


class _NoSuchKey(Exception):
    """The provider's keys, as we know them, lack the one that a token names."""


def _chooser(keys: Keys) -> Callable[[GuestProtocol], Key]:
    """Return what chooses the key of a token by its header. RFC 7515 §4.1.4, RFC 7517 §4."""

    def choose(token: GuestProtocol) -> Key:
        header = token.headers()
        usable = [jwk for jwk in keys.jwks if _fits(jwk, header["alg"])]
        named = [jwk for jwk in usable if jwk.get("kid") == header.get("kid")]
        # Where there is one key a token need not say which. Core §10.1
        if not named and "kid" not in header and len(usable) == 1:
            named = usable
        if not named:
            raise _NoSuchKey
        return import_key({name: value for name, value in named[0].items() if name in _PUBLIC})

    return choose


def _fits(jwk: Mapping[str, Any], algorithm: str) -> bool:
    """Tell whether a key may be one that signs with an algorithm."""
    is_public = jwk.get("kty") in ("RSA", "EC", "OKP")
    return is_public and jwk.get("use", "sig") == "sig" and jwk.get("alg", algorithm) == algorithm


#: Of a key, what is public: what a provider sends besides cannot matter.
_PUBLIC = frozenset({"kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"})


def _metadata(issuer: str, document: Mapping[str, Any], now: datetime) -> Metadata:
    if document.get("issuer") != issuer:  # Discovery §4.3
        raise ProviderFailed("The OpenID provider calls itself something else than HITL_OIDC_ISSUER.")
    algorithms = ALGORITHMS & _texts(document, "id_token_signing_alg_values_supported", ("RS256",))
    if not algorithms:
        raise ProviderFailed("The OpenID provider signs in no way that can be verified.")
    methods = _texts(document, "token_endpoint_auth_methods_supported", ("client_secret_basic",))
    return Metadata(
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        userinfo_endpoint=_endpoint(document, "userinfo_endpoint", optional=True),
        jwks_uri=_endpoint(document, "jwks_uri"),
        algorithms=algorithms,
        takes_basic="client_secret_basic" in methods,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        fetched_at=now,
    )


def _endpoint(document: Mapping[str, Any], name: str, *, optional: bool = False) -> str:
    """Read an address; nothing is sent in the clear but on this machine."""
    url = document.get(name)
    if url is None and optional:
        return ""
    if isinstance(url, str) and _PLAIN_URL.fullmatch(url) and _is_private_way(url):
        return url
    raise ProviderFailed(f"The OpenID provider has no {name} that could be used.")


def _is_private_way(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no IPv6 address
        return False
    is_here = parts.scheme == "http" and parts.hostname in LOCAL_HOSTS
    return is_here or (parts.scheme == "https" and bool(parts.hostname))


def _texts(document: Mapping[str, Any], name: str, otherwise: Sequence[str]) -> frozenset[str]:
    found = document.get(name)
    return frozenset(one for one in (found if isinstance(found, list) else otherwise) if isinstance(one, str))


def _object(fetched: Fetched) -> Mapping[str, Any]:
    """Read what a provider sent as a JSON object. Raises: ProviderFailed."""
    try:
        value = json.loads(fetched.body)
    except (ValueError, RecursionError) as error:
        raise ProviderFailed from error
    if fetched.status != 200 or not isinstance(value, dict):
        raise ProviderFailed
    return value


def _refused(reason: str) -> SsoFailed:
    """Note for the operator why nobody was let in; the browser is told less."""
    _log.warning("sso_failed", reason=reason)
    return SsoFailed()
