"""A person with a browser, and a program that asks for a grant, over real HTTP."""

from __future__ import annotations

import hashlib
import os
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from openhitl.protocol.people import Role
from tests.accounts.visitors import Visitors
from tests.servers import RunningServer

CALLBACK = "https://app.example.com/callback"
OAUTH = "/api/v1/oauth"
#: What a browser sends with a form of our own page; without a referrer the origin is "null".
OWN_FORM = {"origin": "null", "sec-fetch-site": "same-origin", "accept": "text/html"}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def query_of(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


class Person:
    """Somebody who is signed in, in a browser."""

    def __init__(self, visitors: Visitors, name: str, role: Role = Role.OWNER) -> None:
        self.browser = visitors.joined(name, role)
        current = self.browser.get("/api/v1/sessions/current", headers={"accept": "application/json"})
        self.actor_id: str = current.json()["person"]["id"]

    def look(self, url: str) -> httpx2.Response:
        return self.browser.get(url)

    def form_of(self, page: httpx2.Response) -> dict[str, str]:
        """Read what the form of a page carries."""
        assert page.status_code == 200, page.text
        return {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}

    def press(self, page: httpx2.Response, decision: str, **changed: str) -> httpx2.Response:
        """Post the form of a page, with one of its buttons."""
        data = {**self.form_of(page), "decision": decision, **changed}
        return self.browser.post(page.url.path, data=data, headers=OWN_FORM)

    def allow(self, url: str) -> str:
        """Look at a consent page, allow, and return where the browser is sent."""
        return self.decide(url, "allow")

    def decide(self, url: str, decision: str) -> str:
        answer = self.press(self.look(url), decision)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]


@dataclass
class Program:
    """A program that registered itself."""

    server: RunningServer
    client_id: str
    secret: str | None
    verifier: str = field(default_factory=lambda: urlsafe_b64encode(os.urandom(32)).decode().rstrip("="))
    redirect_uri: str = CALLBACK

    @classmethod
    def registered(cls, server: RunningServer, **metadata: Any) -> Program:
        body = {
            "client_name": "Deploy bot",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
            **metadata,
        }
        answer = server.anyone.post(f"{OAUTH}/register", json=body)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        redirects = told["redirect_uris"] or [CALLBACK]
        return cls(server, told["client_id"], told.get("client_secret"), redirect_uri=redirects[0])

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")

    def url(self, **changed: str | None) -> str:
        """Spell an authorization request; None leaves a parameter out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": "af0ifjsldkj",
            **changed,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"{OAUTH}/authorize?{httpx2.QueryParams(given)}"

    def code(self, person: Person, **changed: str | None) -> str:
        return query_of(person.allow(self.url(**changed)))["code"]

    def post(
        self, path: str, data: dict[str, str | None], headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        identity = {"client_id": self.client_id, "client_secret": self.secret}
        given = {name: value for name, value in {**identity, **data}.items() if value is not None}
        return self.server.anyone.post(f"{OAUTH}/{path}", data=given, headers=headers)

    def redeem(
        self, code: str, headers: dict[str, str] | None = None, /, **changed: str | None
    ) -> httpx2.Response:
        data = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.post("token", {**data, **changed}, headers)

    def refresh(self, refresh_token: str, /, **changed: str | None) -> httpx2.Response:
        return self.post("token", {"grant_type": "refresh_token", "refresh_token": refresh_token, **changed})

    def tokens(self, person: Person, **changed: str | None) -> dict[str, Any]:
        answer = self.redeem(self.code(person, **changed))
        assert answer.status_code == 200, answer.text
        return answer.json()


def refused(answer: httpx2.Response, error: str, status: int = 400) -> dict[str, Any]:
    """Check that a program is refused as RFC 6749 §5.2 says, in a body that older programs read too."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    body = answer.json()
    assert body["error_description"] == body["message"] == body["detail"]
    assert answer.headers["cache-control"] == "no-store"
    return body


def asks_with(server: RunningServer, access_token: str) -> httpx2.Response:
    """Ask a human with an access token."""
    headers = {"authorization": f"Bearer {access_token}"}
    question = {"type": "approval", "prompt": "Go on?"}
    return server.anyone.post("/api/v1/reviews", json=question, headers=headers)
