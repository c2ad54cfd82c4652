"""An OpenID provider in small, on a real socket, that is as strict as a real one.

It gives codes that are good once, for one client, redirect address and PKCE challenge; it wants its clients
authenticated; it signs with keys that it can rotate. What a test wants wrong, it does wrong.

OpenID Connect Core 1.0 §3.1, Discovery 1.0 §3; RFC 6749 §4.1, RFC 7636 §4.6, RFC 9207 §2.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

#: Made once: it takes a while.
FIRST_KEY = RSAKey.generate_key(2048, {"kid": "first"})
CLIENT_ID, SECRET = "open hitl", "s3cret: with + signs"
ADA: dict[str, Any] = {
    "sub": "ada-1815",
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "email_verified": True,
}


@dataclass
class Provider:
    """What the provider knows, and what tests change of how it answers."""

    url: str = ""
    redirect_uri: str = ""
    secret: str = SECRET
    #: Who signs in when a browser comes.
    human: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    key: Key = field(default_factory=lambda: FIRST_KEY)
    algorithm: str = "RS256"
    #: Change what is published, an ID token's claims or its header; None takes one away.
    published: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    #: Make an ID token in another way.
    forge: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    #: Claims that only the UserInfo endpoint tells.
    reserved: tuple[str, ...] = ()
    told: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return _changed(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": [self.algorithm, "none", "HS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            },
            self.published,
        )

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on; the one before is published no longer."""
        self.key = ECKey.generate_key("P-256", {"kid": kid}) if self.algorithm == "ES256" else new_rsa(kid)

    def authorize(self, url: str) -> str:
        """Sign the human in who sits at the browser, and return where the browser is sent."""
        given = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        assert urlsplit(url)._replace(query="").geturl() == f"{self.url}/authorize"
        assert (given["client_id"], given["redirect_uri"]) == (CLIENT_ID, self.redirect_uri)
        assert given["response_type"] == "code"
        assert set(given["scope"].split()) == {"openid", "email", "profile"}
        assert given["code_challenge_method"] == "S256"
        assert len(given["code_challenge"]) == 43
        assert min(len(given["state"]), len(given["nonce"])) >= 22
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**given, "human": dict(self.human)}
        back = {"code": code, "state": given["state"], "iss": self.url}
        return f"{self.redirect_uri}?{urlencode(back)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Redeem a code. RFC 6749 §5.2: what is refused says which of its errors."""
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        code = form.get("code", "")
        asked = self.codes.pop(code, None)
        if form.get("grant_type") != "authorization_code" or asked is None or code in self.used:
            return 400, {"error": "invalid_grant"}
        self.used.add(code)
        challenge = _base64url(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (asked["redirect_uri"], asked["code_challenge"]) != (form.get("redirect_uri"), challenge):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        self.tokens[access] = asked["human"]
        return 200, {
            "access_token": access,
            "token_type": "Bearer",
            "id_token": self._id_token(asked["human"], asked["nonce"]),
        }

    def _is_client(self, form: dict[str, str], authorization: str) -> bool:
        if not self.secret:
            return not authorization and form.get("client_id") == CLIENT_ID and "client_secret" not in form
        methods = self.metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if authorization:
            scheme, _, pair = authorization.partition(" ")
            given = base64.b64decode(pair).decode().split(":")
            basic = [unquote_plus(part) for part in given] == [CLIENT_ID, self.secret]
            return scheme == "Basic" and basic and "client_secret_basic" in methods
        posted = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, self.secret)
        return posted and "client_secret_post" in methods

    def _id_token(self, human: dict[str, Any], nonce: str) -> str:
        now = int(time.time())
        public = {name: value for name, value in human.items() if name not in self.reserved}
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **public}
        header = _changed({"alg": self.algorithm, "kid": self.key.kid}, self.header)
        claims = _changed(claims, self.claims)
        if self.forge is not None:
            return self.forge(header, claims)
        return jwt.encode(header, claims, self.key, algorithms=[header["alg"]])

    def userinfo(self, authorization: str) -> tuple[int, dict[str, Any]]:
        human = self.tokens.get(authorization.removeprefix("Bearer "))
        return (401, {"error": "invalid_token"}) if human is None else (200, _changed(human, self.told))


@contextmanager
def providing() -> Iterator[Provider]:
    """Serve a provider on a free port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize?"):
                self.send_response(302)
                self.send_header("location", provider.authorize(provider.url + self.path))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self._answer("", self.path.partition("?")[0])

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])).decode(), self.path)

        def _answer(self, body: str, path: str) -> None:
            provider.seen.append(path)
            authorization = self.headers.get("authorization", "")
            if path == "/token":
                assert self.headers["content-type"] == "application/x-www-form-urlencoded"
                status, value = provider.token(dict(parse_qsl(body)), authorization)
            elif path == "/userinfo":
                status, value = provider.userinfo(authorization)
            elif path == "/keys":
                status, value = 200, {"keys": [provider.key.as_dict(private=False)]}
            else:
                is_known = path == "/.well-known/openid-configuration"
                status, value = (200, provider.metadata()) if is_known else (404, {})
            status, raw = provider.answer.get(path, (status, json.dumps(value).encode()))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def new_rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
