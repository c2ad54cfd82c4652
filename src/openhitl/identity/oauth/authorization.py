"""Asking a person for a grant: what a program asks for, and what it is told. RFC 6749 §4.1."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta

from openhitl.errors import AccessDenied, OAuthError, UnauthorizedClient, UnsupportedResponseType
from openhitl.identity.oauth.clients import Clients
from openhitl.identity.oauth.desk import Desk
from openhitl.protocol.oauth import CODE_GRANT, checked_challenge, checked_resource, granted_scopes
from openhitl.protocol.oauth_clients import Client, readable_name
from openhitl.protocol.oauth_grants import Code, Terms
from openhitl.protocol.people import SignedIn
from openhitl.protocol.record import record
from openhitl.protocol.redirects import answered, matching_redirect
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes

#: How long a program has to redeem its code. RFC 6749 §4.1.2 wants it short.
CODE_LIFE = timedelta(minutes=2)


@record(frozen=True, slots=True)
class Address:
    """Whom an authorization request is from, and where its answer goes: checked, whatever else is wrong."""

    client: Client
    redirect_uri: str
    state: str | None


@record(frozen=True, slots=True)
class Asked:
    """An authorization request that is in order."""

    address: Address
    challenge: str
    terms: Terms


class Authorization:
    """Answers authorization requests."""

    def __init__(self, desk: Desk, clients: Clients) -> None:
        self._desk = desk
        self._clients = clients

    async def address(self, parameters: Mapping[str, str], *, caller: str) -> Address:
        """Find out whom a request is from; until then nobody can be told by a redirect. RFC 6749 §4.1.2.1.

        Raises: InvalidClient, InvalidRedirectUri, RateLimited.
        """
        client = await self._clients.known(parameters.get("client_id"), caller=caller)
        redirect_uri = matching_redirect(parameters.get("redirect_uri"), client.metadata.redirect_uris)
        return Address(client, redirect_uri, parameters.get("state"))

    def read(self, address: Address, parameters: Mapping[str, str]) -> Asked:
        """Read the rest of a request. Raises: OAuthError, which `refused` tells the program."""
        if parameters.get("response_type") != "code":
            raise UnsupportedResponseType
        if CODE_GRANT not in address.client.metadata.grant_types:
            raise UnauthorizedClient
        challenge = checked_challenge(
            parameters.get("code_challenge"), parameters.get("code_challenge_method")
        )
        return Asked(address, challenge, terms_of(address.client, parameters, self._desk.public_url))

    async def allow(self, asked: Asked, signed_in: SignedIn) -> str:
        """Keep what somebody allows; return where to send their browser, with the code."""
        code = token_from_bytes(Purpose.CODE, os.urandom(32))
        now = self._desk.clock()
        kept = Code(
            client_ref=asked.address.client.ref,
            person_id=signed_in.person.person_id,
            redirect_uri=asked.address.redirect_uri,
            challenge=asked.challenge,
            terms=asked.terms,
        )
        await self._desk.run(
            self._desk.store.add_code, hash_token(code), kept, now=now, until=now + CODE_LIFE
        )
        return self._answered(asked.address, code=code)

    def deny(self, address: Address) -> str:
        """Return where to send the browser of somebody who says no."""
        return self.refused(address, AccessDenied())

    def refused(self, address: Address, error: OAuthError) -> str:
        """Return where to send a browser whose request is not in order. RFC 6749 §4.1.2.1."""
        return self._answered(address, error=error.code, error_description=error.message)

    def _answered(self, address: Address, **parameters: str) -> str:
        # Who answers is in every answer, so that a program which uses several servers is not fooled by
        # one of them. RFC 9207 §2.
        return answered(address.redirect_uri, **parameters, state=address.state, iss=self._desk.public_url)


def terms_of(
    client: Client, parameters: Mapping[str, str], public_url: str, *, agent_name: str | None = None
) -> Terms:
    """Read what a grant is asked for. Raises: InvalidScope, InvalidTarget, OAuthError for the agent's name.

    Args:
        agent_name: what the agent is called, where it is said elsewhere than in the parameters.
    """
    named = agent_name or parameters.get("agent_name") or client.agent_name or client.metadata.name
    return Terms(
        agent_name=readable_name(named),
        scopes=granted_scopes(parameters.get("scope")),
        resource=checked_resource(parameters.get("resource"), public_url),
    )
