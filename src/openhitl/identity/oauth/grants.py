"""What somebody has allowed, for themselves to see and to take back."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.errors import NotFound
from openhitl.identity.access_tokens import AccessTokens
from openhitl.identity.oauth.desk import Desk
from openhitl.identity.sessions import actor_of
from openhitl.protocol.oauth_grants import Standing
from openhitl.protocol.people import SignedIn


class GrantDesk:
    """Lists and ends grants."""

    def __init__(self, desk: Desk, access: AccessTokens) -> None:
        self._desk = desk
        self._access = access

    async def of(self, signed_in: SignedIn) -> Sequence[Standing]:
        """List what somebody has allowed and not taken back, latest first."""
        return await self._desk.run(self._desk.store.grants_of, signed_in.person.person_id)

    async def end(self, signed_in: SignedIn, grant_id: int) -> None:
        """Take back one of somebody's own grants, with all its tokens. Raises: NotFound."""
        is_ended = await self._desk.run(
            self._desk.store.end_grant,
            grant_id,
            by=actor_of(signed_in),
            now=self._desk.clock(),
            person_id=signed_in.person.person_id,
        )
        if not is_ended:
            raise NotFound
        self._access.forget(grant_id)
