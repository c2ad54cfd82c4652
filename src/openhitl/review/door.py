"""What every handler of the door works with."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from openhitl.cases import Casebook
from openhitl.errors import CrossSite, SignInRequired, Unauthorized
from openhitl.identity import (
    Accounts,
    AgentDesk,
    Asker,
    Askers,
    AuthorizationServer,
    CallbackSecrets,
    PasskeyDesk,
)
from openhitl.identity.push import PushDesk
from openhitl.identity.sso import SingleSignOn
from openhitl.protocol.passkeys import RelyingParty
from openhitl.protocol.people import SessionKind, SignedIn
from openhitl.protocol.scopes import Scope
from openhitl.protocol.tokens import Purpose
from openhitl.review.claims import OPEN_DOOR, Claims
from openhitl.review.http import Request
from openhitl.review.pages import PLAIN, Theme
from openhitl.settings import Settings

SESSION_COOKIE = "hitl_session"

#: Says from the headers of a request whose cases it may see: an agent's row, None for nobody's.
Viewer = Callable[[Mapping[str, str]], Awaitable[int | None]]


@dataclass(frozen=True)
class Door:
    """The protocol door: cases, keys, secrets, passkeys and settings behind one set of routes.

    Args:
        fetch_default: fetches the value of a form field's `default_ref`.
        claims: what the discovery document says of this door.
        theme: how pages look.
        viewer: whose cases a poll may see, where that is not said by our own keys.
        accounts, agents, oauth: the people here, what they own and whom they let in; None where a service
            has people of its own.
        sso: lets people in whom an OpenID provider knows; None without one.
        push: tells people in their browsers; None where people have no accounts.
    """

    book: Casebook
    askers: Askers
    secrets: CallbackSecrets
    passkeys: PasskeyDesk
    settings: Settings
    fetch_default: Callable[[str], Awaitable[object]]
    accounts: Accounts | None = None
    agents: AgentDesk | None = None
    oauth: AuthorizationServer | None = None
    sso: SingleSignOn | None = None
    push: PushDesk | None = None
    claims: Claims = OPEN_DOOR
    viewer: Viewer | None = None
    theme: Theme = PLAIN

    @property
    def base(self) -> str:
        """The path prefix that people see, without a trailing slash."""
        return urlsplit(self.settings.public_url).path.rstrip("/")

    async def asker(self, request: Request, scope: Scope = Scope.ASK, *more: Scope) -> Asker:
        """Say whose key or access token a request carries.

        Raises: Unauthorized without one, InvalidToken; InsufficientScope if it was not made for all of this.
        """
        key = api_key(request)
        if key is None:
            raise Unauthorized
        return await self.askers.verify(key, scope, *more)

    def presents_key(self, request: Request) -> bool:
        """Tell whether a request carries the credential of an asker, rather than of a person or none."""
        key = api_key(request)
        return key is not None and not key.startswith(Purpose.PERSON)

    async def visitor(self, request: Request) -> SignedIn | None:
        """Say who is signed in where a request comes from; None if nobody is."""
        if self.accounts is None:
            return None
        terminal = bearer(request)
        if terminal is not None:
            return await self.accounts.sessions.find(SessionKind.TERMINAL, terminal)
        cookie = request.cookies.get(self.cookie_name) if "cookie" in request.headers else None
        return await self.accounts.sessions.find(SessionKind.BROWSER, cookie) if cookie else None

    async def person(self, request: Request) -> SignedIn:
        """Say who is signed in. Raises: SignInRequired if nobody is."""
        visitor = await self.visitor(request)
        if visitor is None:
            raise SignInRequired
        return visitor

    async def person_posting(self, request: Request) -> SignedIn:
        """Say who is signed in and wants to change something, from one of our own pages or a terminal.

        Raises: SignInRequired; CrossSite if it may be another page that has their browser send this.
        """
        signed_in = await self.person(request)
        if signed_in.session.kind is SessionKind.BROWSER:
            self.check_origin(request)
            given = request.headers.get("x-csrf-token") or request.query.get("csrf") or _form_token(request)
            if not hmac.compare_digest(given.encode(), self.csrf(request).encode()):
                raise CrossSite
        return signed_in

    def check_origin(self, request: Request) -> None:
        """Check that a browser sent this from one of our own pages. Raises: CrossSite.

        A page on another port of the same host is another place, although cookies go there too.
        """
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin", "null")
        if origin == "null":
            # Without a referrer, as our pages want it, a browser's own form has no origin to name: then
            # the browser has to say itself where the form is from.
            is_ours = site == "same-origin"
        else:
            is_ours = origin == RelyingParty.of(self.public_url).origin and site in (None, "same-origin")
        if not is_ours:
            raise CrossSite

    def csrf(self, request: Request) -> str:
        """Return what the forms of this browser's pages carry: good for its session alone."""
        token = request.cookies.get(self.cookie_name)
        return self.accounts.sessions.form_token(token) if self.accounts and token else ""

    def mark(self, signed_in: SignedIn | None) -> str:
        """Return what a browser tells its people apart by; empty for nobody."""
        if self.accounts is None or signed_in is None:
            return ""
        return self.accounts.sessions.mark(signed_in.person)

    @property
    def public_url(self) -> str:
        return self.settings.public_url

    @property
    def cookie_name(self) -> str:
        """The cookie of a session."""
        return self.prefixed(SESSION_COOKIE)

    def prefixed(self, cookie: str) -> str:
        """Name a cookie so that browsers keep others from setting it, where there is https.

        RFC 6265bis §4.1.3.2 "The __Host- Prefix".
        """
        return f"__Host-{cookie}" if self.is_secure else cookie

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https:")

    def session_cookie(self, token: str, max_age_seconds: int) -> tuple[str, str]:
        """Spell the header that keeps a session in a browser, or with 0 seconds forgets it."""
        return self.cookie(SESSION_COOKIE, token, max_age_seconds)

    def cookie(self, name: str, value: str, max_age_seconds: int) -> tuple[str, str]:
        """Spell the header of a cookie that is for this server alone; with 0 seconds it is forgotten."""
        secure = "; Secure" if self.is_secure else ""
        kept = f"Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}"
        return ("set-cookie", f"{self.prefixed(name)}={value}; {kept}")


def _form_token(request: Request) -> str:
    return dict(request.form()).get("csrf", "") if request.is_form else ""


def bearer(request: Request) -> str | None:
    """Return the Bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def api_key(request: Request) -> str | None:
    """Return the key of a request: `Authorization: Bearer …` or `X-API-Key`."""
    return bearer(request) or request.headers.get("x-api-key")
