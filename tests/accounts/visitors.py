"""Browsers and terminals as the server sees them, and people who use them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from html import unescape
from ipaddress import ip_network
from itertools import count
from typing import Any

import httpx2

from openhitl.identity.links import join_link, sign_in_link
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Role
from openhitl.server.opening import open_store
from openhitl.store import Store
from tests.servers import RunningServer

PASSWORD = "several words are easy"
#: RFC 2544 C.2.2: for tests.
_ADDRESSES = ip_network("198.18.0.0/15").hosts()
_NUMBERS = count(1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def invitation(server: RunningServer, role: Role = Role.MEMBER) -> str:
    """Make a link to join, as whoever runs the server does."""
    with _opened(server) as (store, url):
        return join_link(store, url, role, by=OPERATOR, now=datetime.now(UTC))


def way_in(server: RunningServer, name: str) -> str:
    """Make a link to sign in as somebody, as whoever runs the server does."""
    with _opened(server) as (store, url):
        person = store.person_named(name)
        assert person is not None
        return sign_in_link(store, url, person, by=OPERATOR, now=datetime.now(UTC))


@contextmanager
def _opened(server: RunningServer) -> Iterator[tuple[Store, str]]:
    store, _ = open_store(server.settings)
    yield store, server.settings.base_url or server.url
    store.close()


class Browser:
    """Sends what a browser would send from this server's own pages, and keeps cookies."""

    def __init__(self, server: RunningServer, address: str) -> None:
        public = server.settings.base_url or server.url
        headers = {"accept": "text/html", "user-agent": FIREFOX, "x-forwarded-for": address}
        self.origin = "/".join(public.split("/")[:3])
        self.client = httpx2.Client(base_url=server.url, headers=headers, timeout=20, trust_env=False)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """Open a page."""
        return self.client.get(path, **options)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> httpx2.Response:
        """Send a form, or JSON as a page's script does."""
        return self.client.post(path, headers={"origin": self.origin, **(headers or {})}, **options)

    def submit(self, path: str, **fields: str) -> httpx2.Response:
        """Send a form with the token of this session's pages."""
        return self.post(path, data={"csrf": self.csrf(), **fields})

    def csrf(self) -> str:
        """Read the token off a page."""
        return field(self.get("/account"), "csrf")

    def join(self, link: str, name: str, password: str = PASSWORD) -> httpx2.Response:
        """Make an account with a password."""
        return self.post(link, data={"name": name, "password": password})

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx2.Response:
        """Sign in with a password."""
        return self.post("/sign-in", data={"name": name, "password": password, **fields})

    def who(self) -> str | None:
        """Say who is signed in here."""
        answer = self.client.get("/api/v1/sessions/current")
        return answer.json()["person"]["name"] if answer.status_code == 200 else None

    @property
    def token(self) -> str:
        """The value of the session's cookie."""
        return next(cookie.value or "" for cookie in self.client.cookies.jar if "hitl_session" in cookie.name)


class Visitors:
    """Everybody who visits a server, and the browsers that they leave behind."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._open = ExitStack()

    def browser(self, address: str = "") -> Browser:
        """Open a browser in which nobody is signed in, at an address of its own."""
        browser = Browser(self.server, address or self.address())
        self._open.enter_context(browser.client)
        return browser

    def joined(self, name: str, role: Role = Role.MEMBER) -> Browser:
        """Make an account and return the browser in which it is signed in."""
        browser = self.browser()
        assert browser.join(invitation(self.server, role), name).status_code == 303
        return browser

    def address(self) -> str:
        """Say an address that nobody else has."""
        return str(next(_ADDRESSES))

    def number(self) -> int:
        """Say a number that nobody else has."""
        return next(_NUMBERS)

    def close(self) -> None:
        self._open.close()


def field(page: httpx2.Response, name: str) -> str:
    """Read the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])
