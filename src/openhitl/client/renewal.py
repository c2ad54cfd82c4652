"""A login whose access token ends: renewed by one process, for all of this user."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from openhitl.client import oauth
from openhitl.client.credentials import Send
from openhitl.client.logins import Login, Logins
from openhitl.errors import LoginEnded


class LoginRenewal:
    """The headers of a stored login. Which threads share it does not matter: each sees a whole login."""

    def __init__(self, logins: Logins, login: Login) -> None:
        self._logins = logins
        self._login = login

    def headers(self) -> Mapping[str, str]:
        """Return the header of the newest access token that we know."""
        return self._login.headers

    def is_due(self) -> bool:
        """Tell whether the access token has ended, or nearly."""
        return self._login.is_due(now=datetime.now(UTC))

    def renew(self, send: Send, refused: Mapping[str, str] | None = None) -> bool:
        """Take over what another process got meanwhile, or else ask for new tokens.

        Refresh tokens are good once: what comes back is stored before anybody uses it.
        Raises: LoginEnded if the server will not, or somebody has logged out; SetupError, PeerError.
        """
        known = self._login
        with self._logins.locked(known.server_url, known.identity):
            stored = self._logins.find(known.server_url, known.identity)
            if stored is None:
                raise LoginEnded("Somebody has logged out meanwhile.")
            is_old = stored.is_due(now=datetime.now(UTC)) or stored.headers == refused
            if is_old and stored.refresh_token is None:
                return False
            if is_old:
                stored = oauth.refreshed(stored, send(oauth.refresh_request(stored)), now=datetime.now(UTC))
                self._logins.save(stored)
            self._login = stored
        return True
