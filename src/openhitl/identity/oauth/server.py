"""The authorization server: its parts in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from openhitl.identity.access_tokens import AccessTokens
from openhitl.identity.oauth.authorization import Authorization
from openhitl.identity.oauth.clients import Clients
from openhitl.identity.oauth.desk import Desk
from openhitl.identity.oauth.devices import DeviceDesk
from openhitl.identity.oauth.documents import Documents
from openhitl.identity.oauth.grants import GrantDesk
from openhitl.identity.oauth.tokens import TokenDesk
from openhitl.keyring import Keyring
from openhitl.outbound.http import Fetched
from openhitl.protocol.oauth_grants import Grant
from openhitl.store import Store
from openhitl.store.runner import Runner


class AuthorizationServer:
    """Programs, authorization, tokens, devices and grants.

    Args:
        public_url: the issuer.
        get: fetches the documents of programs, guarded.
        run: runs what asks the store beside the event loop.
    """

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        public_url: str,
        *,
        get: Callable[[str], Awaitable[Fetched]],
        run: Runner,
        clock: Callable[[], datetime],
    ) -> None:
        async def find(grant_id: int) -> Grant | None:
            return await run(store.grant, grant_id)

        desk = Desk(store, keyring, public_url, run, clock)
        self.public_url = public_url
        self.access_tokens = AccessTokens(keyring, public_url, find, clock=clock)
        self.clients = Clients(desk, Documents(get))
        self.authorization = Authorization(desk, self.clients)
        self.tokens = TokenDesk(desk, self.access_tokens)
        self.devices = DeviceDesk(desk)
        self.grants = GrantDesk(desk, self.access_tokens)
