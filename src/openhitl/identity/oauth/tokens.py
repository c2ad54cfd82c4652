"""The token endpoint: codes, refresh tokens and devices become tokens; and taking them back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from openhitl.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    InvalidTarget,
    InvalidToken,
    OAuthError,
    SlowDown,
    UnsupportedGrantType,
)
from openhitl.identity.access_tokens import AccessTokens, looks_like_one
from openhitl.identity.oauth.desk import Desk
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.oauth import (
    CODE_GRANT,
    DEVICE_GRANT,
    REFRESH_GRANT,
    challenge_of,
    checked_resource,
    narrowed_scopes,
)
from openhitl.protocol.oauth_clients import Client, readable_name
from openhitl.protocol.oauth_grants import DeviceState, Grant
from openhitl.protocol.scopes import Scope, spelled
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.store.oauth_terms import Refresh

#: How long a program may stay away before somebody has to allow it anew.
REFRESH_LIFE = timedelta(days=60)
#: RFC 8628 §3.5.
_REFUSALS: Mapping[DeviceState, type[OAuthError]] = {
    DeviceState.PENDING: AuthorizationPending,
    DeviceState.TOO_SOON: SlowDown,
    DeviceState.DENIED: AccessDenied,
    DeviceState.EXPIRED: ExpiredToken,
    DeviceState.UNKNOWN: InvalidGrant,
}


class TokenDesk:
    """Gives tokens to programs that have shown who they are, and takes them back."""

    def __init__(self, desk: Desk, access: AccessTokens) -> None:
        self._desk = desk
        self._access = access

    async def give(
        self, client: Client, parameters: Mapping[str, str], *, agent_name: str | None
    ) -> dict[str, Any]:
        """Answer a token request. RFC 6749 §4.1.3, §6, RFC 8628 §3.4.

        Args:
            agent_name: what the agent is to be called, rather than what was said before.

        Raises: OAuthError of every kind.
        """
        grant_type = parameters.get("grant_type")
        if grant_type == CODE_GRANT:
            return await self._redeemed(client, parameters, agent_name)
        if grant_type == REFRESH_GRANT:
            return await self._refreshed(client, parameters)
        if grant_type == DEVICE_GRANT:
            return await self._device(client, parameters)
        if grant_type is None:
            raise OAuthError("grant_type is missing.")
        raise UnsupportedGrantType

    async def _redeemed(
        self, client: Client, parameters: Mapping[str, str], agent_name: str | None
    ) -> dict[str, Any]:
        code_hash = _hash(Purpose.CODE, parameters, "code")
        challenge = challenge_of(parameters.get("code_verifier"))
        code = await self._desk.run(self._desk.store.code, code_hash)
        if code is None:
            raise InvalidGrant
        self._check_resource(parameters, code.terms.resource)
        named = readable_name(agent_name or code.terms.agent_name)
        token, refresh = self._new_refresh()
        # OAuth 2.1 leaves the address out here; whoever names one means the one of the request.
        redirect_uri = parameters.get("redirect_uri", code.redirect_uri)
        presented = replace(code, client_ref=client.ref, redirect_uri=redirect_uri, challenge=challenge)
        grant = await self._desk.run(
            self._desk.store.redeem_code, code_hash, presented, named, refresh, now=self._desk.clock()
        )
        if grant is None:
            raise InvalidGrant
        return self._answer(client, grant, grant.scopes, token)

    async def _refreshed(self, client: Client, parameters: Mapping[str, str]) -> dict[str, Any]:
        token_hash = _hash(Purpose.REFRESH, parameters, "refresh_token")
        grant = await self._desk.run(self._desk.store.refreshable, token_hash, client.ref)
        if grant is None:
            raise InvalidGrant
        self._check_resource(parameters, grant.resource)
        scopes = narrowed_scopes(grant.scopes, parameters.get("scope"))
        secret = self._desk.keyring.successor_of(parameters["refresh_token"])
        token = token_from_bytes(Purpose.REFRESH, secret)
        successor = Refresh(hash_token(token), self._desk.clock() + REFRESH_LIFE)
        is_good = await self._desk.run(
            self._desk.store.rotate, token_hash, client.ref, successor, now=self._desk.clock()
        )
        if not is_good:
            raise InvalidGrant
        return self._answer(client, grant, scopes, token)

    async def _device(self, client: Client, parameters: Mapping[str, str]) -> dict[str, Any]:
        code_hash = _hash(Purpose.DEVICE, parameters, "device_code")
        token, refresh = self._new_refresh()
        polled = await self._desk.run(
            self._desk.store.poll_device, code_hash, client.ref, refresh, now=self._desk.clock()
        )
        if isinstance(polled, DeviceState):
            raise _REFUSALS[polled]
        return self._answer(client, polled, polled.scopes, token)

    def _check_resource(self, parameters: Mapping[str, str], granted: str) -> None:
        """Check that tokens are wanted for what was granted. RFC 8707 §2.2. Raises: InvalidTarget."""
        asked = parameters.get("resource")
        if asked is not None and checked_resource(asked, self._desk.public_url) != granted:
            raise InvalidTarget

    def _new_refresh(self) -> tuple[str, Refresh]:
        token = token_from_bytes(Purpose.REFRESH, os.urandom(32))
        return token, Refresh(hash_token(token), self._desk.clock() + REFRESH_LIFE)

    def _answer(
        self, client: Client, grant: Grant, scopes: frozenset[Scope], refresh_token: str
    ) -> dict[str, Any]:
        """Spell a token response. RFC 6749 §5.1."""
        life = client.token_life
        return {
            "access_token": self._access.issue(grant, client.client_id, scopes, life),
            "token_type": "Bearer",
            "expires_in": life // timedelta(seconds=1),
            "refresh_token": refresh_token,
            "scope": spelled(scopes),
        }

    async def revoke(self, client: Client, token: str | None) -> None:
        """Take back the grant of a token, and so all of its tokens. RFC 7009 §2.

        An unknown token is as good as taken back. Raises: InvalidGrant for one of another program;
        OAuthError without one.
        """
        if not token:
            raise OAuthError("token is missing.")
        grant = await self._grant_of(client, token)
        if grant is None:
            return
        if grant.client_ref != client.ref:
            raise InvalidGrant
        by = Actor(kind=ActorKind.AGENT, id=f"agent:{grant.agent_id}", surface="api", name=grant.agent_name)
        await self._desk.run(self._desk.store.end_grant, grant.grant_id, by=by, now=self._desk.clock())
        self._access.forget(grant.grant_id)

    async def _grant_of(self, client: Client, token: str) -> Grant | None:
        try:
            if not looks_like_one(token):
                token_hash = checked_hash(Purpose.REFRESH, token)
                return await self._desk.run(self._desk.store.refreshable, token_hash, client.ref)
            claimed = self._access.claimed(token)
        except InvalidToken:
            return None
        return await self._desk.run(self._desk.store.grant, claimed.grant_id)


def _hash(purpose: Purpose, parameters: Mapping[str, str], name: str) -> bytes:
    """Hash the code or token of a request. Raises: OAuthError without one, InvalidGrant for another."""
    if name not in parameters:
        raise OAuthError(f"{name} is missing.")
    try:
        return checked_hash(purpose, parameters[name])
    except InvalidToken as error:
        raise InvalidGrant from error
