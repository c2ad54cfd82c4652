"""An OAuth server on a real socket that keeps to the rules, and misbehaves when told to.

It stands for servers that are not ours, or older or newer than ours, and for what ours does rarely.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

METADATA_PATH = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True)
class Asked:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Authority:
    """`faults[path]` are (status, body) to answer the next requests with. `metadata` overrides what is told.

    An access token is good until `end_access`; a refresh token once, and its successor stays the same.
    """

    url: str
    metadata: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, deque[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    expires_in: int = 3600
    names_issuer: bool = True
    approved: bool = False
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)
    successors: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, path: str, *faults: tuple[int, Any]) -> None:
        """Have the next requests for a path fail, in this order."""
        self.faults.setdefault(path, deque()).extend(faults)

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    def last(self, path: str) -> Asked:
        return [one for one in self.asked if one.path == path][-1]

    def tokens(self) -> dict[str, Any]:
        """Let somebody in."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.good.add(access)
        self.successors[refresh] = None
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
        }

    def end_access(self) -> None:
        """End every access token at once."""
        self.good.clear()

    def consent(self, authorization_url: str, **changes: str | None) -> str:
        """Say yes as a human would; return where the browser is sent then, with `changes` to its query."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        registered = self.clients[query["client_id"]]["redirect_uris"]
        given = urlsplit(query["redirect_uri"])
        # RFC 8252 §7.3: any port of the loopback address.
        assert given._replace(netloc=given.hostname or "").geturl() in registered
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]}
        if self.names_issuer:
            back["iss"] = self.url
        back |= {name: value for name, value in changes.items() if value is not None}
        for name in [name for name, value in changes.items() if value is None]:
            del back[name]
        return f"{query['redirect_uri']}?{urlencode(back)}"

    # -- the endpoints ------------------------------------------------------------------------

    def answer(self, asked: Asked) -> tuple[int, Any]:
        with self.lock:
            self.asked.append(asked)
            if self.faults.get(asked.path):
                return self.faults[asked.path].popleft()
            return self._answer(asked)

    def _answer(self, asked: Asked) -> tuple[int, Any]:
        match asked.path:
            case "/.well-known/oauth-authorization-server":
                return 200, self._metadata()
            case "/register":
                client_id = f"client-{len(self.clients)}"
                self.clients[client_id] = dict(asked.form)
                return 201, {"client_id": client_id, **asked.form}
            case "/token":
                return self._token(asked.form)
            case "/device":
                return self._device(asked.form)
            case "/revoke":
                if asked.form["client_id"] not in self.clients:
                    return 401, {"error": "invalid_client"}
                self.successors.pop(asked.form["token"], None)
                return 200, {}
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.good:
            return 401, {"error": "invalid_token", "message": "No."}
        return 200, {"path": asked.path}

    def _metadata(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "revocation_endpoint": f"{self.url}/revoke",
            "device_authorization_endpoint": f"{self.url}/device",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.names_issuer,
        }
        return {name: value for name, value in (told | self.metadata).items() if value is not None}

    def _token(self, form: dict[str, str]) -> tuple[int, Any]:
        if form["client_id"] not in self.clients:
            return 401, {"error": "invalid_client"}
        match form["grant_type"]:
            case "refresh_token":
                if form["refresh_token"] not in self.successors:
                    return 400, {"error": "invalid_grant", "error_description": "It was revoked."}
                following = self.successors[form["refresh_token"]] or self.tokens()
                self.successors[form["refresh_token"]] = following
                return 200, following
            case "authorization_code":
                query = self.codes.pop(form["code"], None)
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if query is None or challenge != query["code_challenge"]:
                    return 400, {"error": "invalid_grant"}
                assert form["redirect_uri"] == query["redirect_uri"]
                return 200, self.tokens()
        if not self.approved:
            return 400, {"error": "authorization_pending"}
        return 200, self.tokens()

    def _device(self, form: dict[str, str]) -> tuple[int, Any]:
        if form["client_id"] not in self.clients:
            return 401, {"error": "invalid_client"}
        return 200, {
            "device_code": "device-code",
            "user_code": "WDJB-MJHT",
            "verification_uri": f"{self.url}/device",
            "verification_uri_complete": f"{self.url}/device?user_code=WDJB-MJHT",
            "expires_in": 600,
            "interval": 0.01,
        }


@contextmanager
def authority() -> Iterator[Authority]:
    """Serve on a free port for as long as this is entered."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            text = raw.decode() or parts.query
            if self.headers.get("content-type") == "application/json":
                form = json.loads(text)
            else:
                form = {name: values[0] for name, values in parse_qs(text).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = served.answer(Asked(self.command, parts.path, headers, form))
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        served = Authority(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
