"""Programs: registering, finding out about, and telling apart from others who take their name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from openhitl.errors import InvalidClient, InvalidClientMetadata, NotOwner, OAuthError, RateLimited
from openhitl.identity.keys import Asker
from openhitl.identity.oauth.desk import Desk
from openhitl.identity.oauth.documents import Documents
from openhitl.protocol.audit import ANYBODY
from openhitl.protocol.base64url import encode
from openhitl.protocol.oauth import GRANT_TYPES, is_same
from openhitl.protocol.oauth_clients import (
    LOCAL_REDIRECTS,
    MAX_URL_CHARACTERS,
    Client,
    ClientKind,
    ClientMetadata,
    is_document_id,
    parse_metadata,
    readable_name,
)
from openhitl.protocol.record import record
from openhitl.protocol.scopes import ALL_SCOPES, spelled
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes

#: How often one address may register a program: so many at once, then one in so long.
REGISTRATIONS = 20
REGISTER_EVERY = timedelta(minutes=1)
#: How long a document is taken for what it was.
DOCUMENT_LIFE = timedelta(days=1)
#: Begins the names that are drawn here, so that nobody else's begins so.
DRAWN = "client_"
_CHOSEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NOBODY = hashlib.sha256(os.urandom(32)).digest()
MAX_TYPE_CHARACTERS = 50


@record(frozen=True, slots=True)
class Shown:
    """What a program shows of itself at the token endpoint. RFC 6749 §2.3.1."""

    client_id: str
    secret: str | None


class Clients:
    """Programs that ask for grants."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        self._desk = desk
        self._documents = documents

    async def register(self, body: object, *, caller: str) -> dict[str, Any]:
        """Keep a program that registers itself, and say what it is known as. RFC 7591 §3.

        Args:
            caller: what registrations are counted by.

        Raises: InvalidClientMetadata, InvalidRedirectUri, RateLimited.
        """
        metadata = parse_metadata(body)
        await self._desk.take(f"oauth-register:{caller}", every=REGISTER_EVERY, burst=REGISTRATIONS)
        client_id = DRAWN + encode(os.urandom(16))
        secret = token_from_bytes(Purpose.CLIENT, os.urandom(32))
        has_secret = metadata.auth_method != "none"
        now = self._desk.clock()
        client = await self._desk.run(
            self._desk.store.register_client,
            client_id,
            metadata,
            hash_token(secret) if has_secret else None,
            by=ANYBODY,
            now=now,
        )
        if client is None:
            raise RateLimited("Too many programs have registered that nobody uses.")
        answer = {
            "client_id": client_id,
            "client_id_issued_at": int(now.timestamp()),
            **metadata.to_wire(),
            "scope": spelled(ALL_SCOPES),
        }
        if has_secret:
            answer |= {"client_secret": secret, "client_secret_expires_at": 0}
        return answer

    async def register_for(self, asker: Asker, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a program that an owner's agent registers, under a name of its choice.

        It gains nothing by it: the program has no secret, waits on its own machine alone, and people are
        asked for every grant, as for any other.

        Raises: NotOwner unless the agent belongs to an owner; InvalidClientMetadata, NameTaken, RateLimited.
        """
        if not await self._desk.run(self._desk.store.is_of_an_owner, asker.agent_id):
            raise NotOwner
        client_id, client_type = body.get("client_id"), body.get("client_type", "public")
        if not isinstance(client_id, str) or not _CHOSEN.fullmatch(client_id) or client_id.startswith(DRAWN):
            raise InvalidClientMetadata("client_id must have 1 to 100 characters of A-Z a-z 0-9 . _ -.")
        if not isinstance(client_type, str) or len(client_type) > MAX_TYPE_CHARACTERS:
            raise InvalidClientMetadata("client_type must be text.")
        metadata = ClientMetadata(
            name=readable_name(body.get("client_name") or client_id, refusal=InvalidClientMetadata),
            redirect_uris=LOCAL_REDIRECTS,
            grant_types=GRANT_TYPES,
            auth_method="none",
        )
        agent_name = readable_name(body.get("agent_name") or metadata.name, refusal=InvalidClientMetadata)
        caller = f"agent:{asker.agent_id}"
        await self._desk.take(f"oauth-register:{caller}", every=REGISTER_EVERY, burst=REGISTRATIONS)
        await self._desk.run(
            self._desk.store.add_client,
            client_id,
            metadata,
            agent_name=agent_name,
            by=asker.actor,
            now=self._desk.clock(),
        )
        return {
            "client_id": client_id,
            "client_type": client_type,
            "agent_name": agent_name,
            "is_active": True,
        }

    async def known(self, client_id: str | None, *, caller: str) -> Client:
        """Find a program; what has a document is fetched if it is not known, or was a day ago.

        Args:
            caller: what fetches are counted by.

        Raises: InvalidClient, RateLimited.
        """
        client = await self._find(client_id)
        if client is not None and client.kind is not ClientKind.DOCUMENT:
            return client
        if client_id is None or not is_document_id(client_id):
            raise InvalidClient("This program is not registered here.")
        now = self._desk.clock()
        if client is not None and client.fetched_at and now < client.fetched_at + DOCUMENT_LIFE:
            return client
        await self._desk.take(f"oauth-document:{caller}", every=REGISTER_EVERY, burst=REGISTRATIONS)
        metadata = await self._documents.fetch(client_id)
        return await self._desk.run(
            self._desk.store.keep_document, client_id, metadata, by=ANYBODY, now=self._desk.clock()
        )

    async def authenticated(self, shown: Shown) -> Client:
        """Find the program that shows itself, and check its secret if it has one. RFC 6749 §2.3.

        Raises: InvalidClient.
        """
        client = await self._find(shown.client_id)
        if client is None or client.secret_hash is not None:
            expected = client.secret_hash if client and client.secret_hash else _NOBODY
            if not is_same(shown.secret, expected) or client is None:
                raise InvalidClient
        elif shown.secret:
            raise InvalidClient("This program has no secret.")
        return client

    async def _find(self, client_id: str | None) -> Client | None:
        if not client_id or len(client_id) > MAX_URL_CHARACTERS or not client_id.isascii():
            return None
        if not client_id.isprintable():
            return None
        return await self._desk.run(self._desk.store.client, client_id)


def shown_by(authorization: str | None, parameters: Mapping[str, str]) -> Shown:
    """Read how a program authenticates: in the header, or in the body; never in both. RFC 6749 §2.3.

    Raises: InvalidClient without any; OAuthError for two ways at once.
    """
    client_id, secret = parameters.get("client_id"), parameters.get("client_secret")
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        if client_id is None:
            raise InvalidClient("client_id is missing.")
        return Shown(client_id, secret)
    if secret is not None:
        raise OAuthError("A program authenticates in one way, not in two.")
    basic_id, basic_secret = _basic(encoded)
    if client_id not in (None, basic_id):
        raise OAuthError("client_id is another one in the body.")
    return Shown(basic_id, basic_secret)


def _basic(encoded: str) -> tuple[str, str]:
    """Read HTTP Basic credentials, whose halves are form-encoded. RFC 6749 §2.3.1."""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidClient from error
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
