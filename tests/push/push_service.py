"""A push service that takes nothing which the RFCs do not allow, with browsers that can read their messages.

RFC 8030 (delivery), RFC 8291 (encryption; decrypted here by http-ece), RFC 8292 (who sends).
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from openhitl.protocol.base64url import decode, encode

MAX_BODY_BYTES = 4096  # RFC 8030 §7.2
DAY = timedelta(days=1)


@dataclass(slots=True)
class Browser:
    """A subscription, with the private half of its keys, and the messages that were put into it."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey
    auth: bytes
    #: What it is answered with; 201 is taken.
    status: int = 201
    headers: Mapping[str, str] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, Any]:
        """What `PushSubscription.toJSON()` gives."""
        public = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encode(public), "auth": encode(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def shown(self) -> dict[str, tuple[str, str]]:
        """Title and body of each notification as it stands now, by its tag."""
        notifications = [message["notification"] for message in self.messages]
        return {one["tag"]: (one["title"], one["body"]) for one in notifications}


@dataclass(slots=True)
class PushService:
    """A running push service. `complaints` is what was wrong with what it was sent."""

    port: int
    clock: Callable[[], datetime]
    browsers: dict[str, Browser] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    #: The key that it was first sent with: a subscription is for one sender. RFC 8292 §4.
    sender: str = ""
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def host(self) -> str:
        """What HITL_PUSH_HOSTS lists."""
        return f"http://127.0.0.1:{self.port}"

    def browser(self) -> Browser:
        """Make a subscription."""
        path = f"/push/{os.urandom(8).hex()}"
        made = Browser(f"{self.host}{path}", ec.generate_private_key(ec.SECP256R1()), os.urandom(16))
        self.browsers[path] = made
        return made

    def wait(self, enough: Callable[[], bool]) -> None:
        """Wait until enough has arrived."""
        with self.arrived:
            assert self.arrived.wait_for(enough, 20)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        """Take a message, and say what to answer."""
        with self.arrived:
            browser = self.browsers.get(path)
            if browser is None:
                return 404, {}
            browser.requests.append(headers)
            problem = self._problem(headers, body)
            if problem:
                self.complaints.append(problem)
            elif browser.status == 201:
                read = http_ece.decrypt(
                    body, private_key=browser.private, auth_secret=browser.auth, version="aes128gcm"
                )
                browser.messages.append(json.loads(read))
            self.arrived.notify_all()
            return (400, {}) if problem else (browser.status, browser.headers)

    def _problem(self, headers: Mapping[str, str], body: bytes) -> str:
        if len(body) > MAX_BODY_BYTES:
            return f"{len(body)} bytes"
        if headers.get("content-encoding") != "aes128gcm":  # RFC 8291 §4
            return "not aes128gcm"
        if not re.fullmatch("[0-9]+", headers.get("ttl", "")):  # RFC 8030 §5.2
            return "no TTL"
        if not re.fullmatch("[A-Za-z0-9_-]{1,32}", headers.get("topic", "x")):  # RFC 8030 §5.4
            return "bad topic"
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):  # RFC 8030 §5.3
            return "bad urgency"
        return self._sender_problem(headers.get("authorization", ""))

    def _sender_problem(self, authorization: str) -> str:
        found = re.fullmatch(r"vapid t=([A-Za-z0-9_.-]+), ?k=([A-Za-z0-9_-]+)", authorization)  # RFC 8292 §3
        if found is None:
            return "no vapid"
        token, key = found.groups()
        self.sender = self.sender or key
        if key != self.sender:
            return "another sender"
        point = decode(key)
        if len(point) != 65:
            return "no uncompressed point"
        public = {"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
        claims = jwt.decode(token, ECKey.import_key(public), algorithms=["ES256"]).claims
        now = self.clock()
        if claims["aud"] != self.host:  # RFC 8292 §2
            return f"for {claims['aud']}"
        if not now.timestamp() < claims["exp"] <= (now + DAY).timestamp():
            return "too old, or good for too long"
        return "" if claims["sub"].startswith(("mailto:", "https:")) else "nobody to reach"


@contextmanager
def running(clock: Callable[[], datetime] | None = None) -> Iterator[PushService]:
    """Serve on a free port for as long as this is entered."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers["content-length"]))
            status, answered = service.take(self.path, headers, body)
            self.send_response(status)
            for name, value in {**answered, "content-length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: callers hang up."""

    with Listener(("127.0.0.1", 0), Handler) as listener:
        service = PushService(listener.server_address[1], clock or (lambda: datetime.now(UTC)))
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield service
        listener.shutdown()
        thread.join()
