"""Let this program in at a server: a human says yes in a browser, here or on another device."""

from __future__ import annotations

import secrets
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from openhitl.agent.telling import open_page, qr_code
from openhitl.cli.loopback import REDIRECT_URI, Loopback
from openhitl.cli.terminal import Terminal
from openhitl.client import oauth
from openhitl.client.config import ClientConfig
from openhitl.client.credentials import Credential, Send
from openhitl.client.exchange import Request, Response
from openhitl.client.logins import Identity, Login, Logins
from openhitl.client.requests import end_session
from openhitl.client.session import BlockingSession
from openhitl.client.wires import send
from openhitl.errors import HitlError, LoginRefused, ServerUnreachable
from openhitl.protocol.visible import one_line

CLIENT_NAME = "hitl"
WAIT = timedelta(minutes=10)
#: A token that nobody uses any more is not worth waiting long for.
REVOKE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody wants to log in. `opens`: open the browser here."""

    agent_name: str
    device: bool = False
    opens: bool = True
    wait: timedelta = WAIT


def log_in(config: ClientConfig, wish: Wish, terminal: Terminal) -> Login:
    """Get a login for an agent and return it; it is not stored.

    Raises: LoginRefused if the human or the server says no, or nobody answers; ServerUnreachable.
    """
    trusted = Credential(config.server_url, is_trusted=lambda: config.is_trusted)
    with closing(BlockingSession(trusted)) as session:

        def ask(request: Request) -> Response:
            return send(session, request)

        url = config.server_url
        metadata = oauth.read_metadata(url, ask(oauth.metadata_request(url)))
        attempt = _Attempt(ask, metadata, config.logins, wish, terminal)
        tokens = attempt.by_device() if wish.device else attempt.by_browser()
    return Login(
        server_url=url,
        identity=Identity.AGENT,
        name=wish.agent_name,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_at=tokens.expires_at,
        client_id=attempt.client_id,
        token_url=metadata.token_url,
        revocation_url=metadata.revocation_url,
    )


def revoke(login: Login) -> bool:
    """Have the server forget a login; tell whether it did. It is good no more then, wherever it is."""
    if login.identity is Identity.PERSON:
        credential, request = Credential(login.server_url, login.headers), end_session(login.server_url)
    elif login.revocation_url:
        credential, request = Credential(login.server_url), oauth.revocation_request(login)
    else:
        return False
    try:
        with closing(BlockingSession(credential)) as session:
            return send(session, request, within_seconds=REVOKE_SECONDS).status in (200, 204, 401)
    except HitlError:
        return False


class _Attempt:
    """One login."""

    def __init__(
        self, ask: Send, metadata: oauth.Metadata, logins: Logins, wish: Wish, terminal: Terminal
    ) -> None:
        self._ask = ask
        self._metadata = metadata
        self._logins = logins
        self._wish = wish
        self._terminal = terminal
        self.client_id = logins.registered(metadata.issuer) or ""

    def by_browser(self) -> oauth.Tokens:
        """Open the browser here and wait for it to come back."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with Loopback(state) as loopback:
            redirect_uri = loopback.redirect_uri

            if not self._is_known():
                self._register()
            self._show(
                oauth.authorization_url(
                    self._metadata,
                    client_id=self.client_id,
                    redirect_uri=redirect_uri,
                    state=state,
                    verifier=verifier,
                    agent_name=self._wish.agent_name,
                )
            )
            query = loopback.answer(within_seconds=self._wish.wait.total_seconds())
        if query is None:
            raise _nobody_answered(self._wish)
        code = oauth.read_redirect(self._metadata, query)
        request = oauth.code_request(
            self._metadata,
            code,
            client_id=self.client_id,
            redirect_uri=redirect_uri,
            verifier=verifier,
            agent_name=self._wish.agent_name,
        )
        return oauth.read_tokens(self._ask(request), now=datetime.now(UTC))

    def by_device(self) -> oauth.Tokens:
        """Show a code to be typed in on another device, and ask until that is done. RFC 8628."""
        if not self._metadata.device_url:
            raise LoginRefused("This server has no login for machines without a browser.")
        code = self._device_code()
        say_code(self._terminal, code)
        interval = code.interval_seconds
        deadline = time.monotonic() + min(code.lifetime, self._wish.wait).total_seconds()
        request = oauth.device_token_request(
            self._metadata, code, client_id=self.client_id, agent_name=self._wish.agent_name
        )
        while time.monotonic() + interval < deadline:
            time.sleep(interval)
            try:
                response = self._ask(request)
            except ServerUnreachable:
                interval = min(interval * 2, oauth.MAX_INTERVAL_SECONDS)  # RFC 8628 §3.5
                continue
            following = oauth.next_interval(response, interval)
            if following is None:
                return oauth.read_tokens(response, now=datetime.now(UTC))
            interval = following
        raise _nobody_answered(self._wish)

    def _device_code(self) -> oauth.DeviceCode:
        def ask() -> Response:
            name = self._wish.agent_name
            return self._ask(oauth.device_request(self._metadata, client_id=self.client_id, agent_name=name))

        response = ask() if self.client_id else None
        if response is None or oauth.error_of(response) in ("invalid_client", "unauthorized_client"):
            self._register()
            response = ask()
        return oauth.read_device(self._metadata, response)

    def _is_known(self) -> bool:
        """Tell whether the server knows us still: a browser that it sends away helps nobody."""
        if not self.client_id or not self._metadata.revocation_url:
            return False
        return self._ask(oauth.client_request(self._metadata, self.client_id)).status == 200

    def _register(self) -> None:
        request = oauth.registration_request(
            self._metadata, client_name=CLIENT_NAME, redirect_uri=REDIRECT_URI
        )
        self.client_id = oauth.read_registration(self._ask(request))
        self._logins.remember_client(self._metadata.issuer, self.client_id)

    def _show(self, url: str) -> None:
        self._terminal.say(f"Say yes in your browser, at\n  {url}")
        if self._wish.opens and open_page(url):
            self._terminal.say("Opened in your browser.")
        else:
            self._terminal.say("That browser must run on this machine; else use `hitl login --device`.")


def say_code(terminal: Terminal, code: oauth.DeviceCode) -> None:
    """Say what to type in and where; a QR code helps where a phone gets to that address."""
    terminal.say(f"On any device, open\n  {code.verification_url}")
    terminal.say(f"and type in this code:\n  {one_line(code.user_code)}")
    if terminal.live and code.complete_url.startswith("https:"):
        terminal.say(qr_code(code.complete_url))


def _nobody_answered(wish: Wish) -> LoginRefused:
    other = "hitl login" if wish.device else "hitl login --device"
    minutes = int(wish.wait.total_seconds() // 60)
    return LoginRefused(f"Nobody said yes within {minutes} minutes.", hint=f"Run it again, or try `{other}`.")
