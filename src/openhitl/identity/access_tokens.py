"""Access tokens: short-lived JWTs that say which agent calls, under which grant. RFC 9068, RFC 8725."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from openhitl.errors import InvalidToken
from openhitl.identity.keys import CAPACITY, TRUST_SECONDS, Asker
from openhitl.keyring import Keyring
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import ActorKind
from openhitl.protocol.oauth import resources_of
from openhitl.protocol.oauth_grants import Grant
from openhitl.protocol.people import actor_id_of
from openhitl.protocol.record import record
from openhitl.protocol.scopes import Scope, parse_scopes, spelled
from openhitl.protocol.tokens import hash_token

ALGORITHM = "HS256"
TYPE = "at+jwt"
MAX_CHARACTERS = 4_000


@record(frozen=True, slots=True)
class Claimed:
    """What a token says that was signed here and is not too old."""

    grant_id: int
    agent_id: int
    scopes: frozenset[Scope]
    expires_at: int


class AccessTokens:
    """Issues access tokens, and verifies them; good ones are remembered for a moment.

    Args:
        public_url: the issuer, and the beginning of every resource.
        find: reads a grant that stands.
        clock: the present, aware, UTC.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        keyring: Keyring,
        public_url: str,
        find: Callable[[int], Awaitable[Grant | None]],
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = OctKey.import_key(keyring.access_token_key())
        self._issuer = public_url
        self._resources = resources_of(public_url)
        self._find = find
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[bytes, tuple[Asker, float, Claimed]] = {}

    def issue(self, grant: Grant, client_id: str, scopes: frozenset[Scope], life: timedelta) -> str:
        """Make a token of a grant. RFC 9068 §2."""
        now = int(self._clock().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": grant.resource,
            "sub": actor_id_of(grant.person_id),
            "client_id": client_id,
            "agent_id": str(grant.agent_id),
            "scope": spelled(scopes),
            "iat": now,
            "exp": now + life // timedelta(seconds=1),
            "jti": encode(os.urandom(16)),
            "grant": str(grant.grant_id),
        }
        return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, self._key, algorithms=[ALGORITHM])

    def remembered(self, token: str) -> Asker | None:
        """Return whose token this is if it was verified a moment ago, and is not too old by now."""
        known = self._known.get(_hash(token))
        if known is None:
            return None
        asker, until, claimed = known
        is_good = until > self._monotonic() and claimed.expires_at > self._clock().timestamp()
        return asker if is_good else None

    async def verify(self, token: str) -> Asker:
        """Return the agent whose token this is.

        Raises: InvalidToken for one that is malformed, not signed here, for another resource, too old, or
        whose grant, agent or person is good no more.
        """
        asker = self.remembered(token)
        if asker is not None:
            return asker
        claimed = self.claimed(token)
        grant = await self._find(claimed.grant_id)
        if grant is None or grant.agent_id != claimed.agent_id:
            self._known.pop(_hash(token), None)
            raise InvalidToken
        asker = Asker(
            agent_id=grant.agent_id,
            name=grant.agent_name,
            kind=ActorKind.AGENT,
            scopes=claimed.scopes & grant.scopes,
            assurance=grant.assurance,
            granted_by=grant.person_id,
        )
        if len(self._known) >= CAPACITY:
            self._known.clear()
        self._known[_hash(token)] = (asker, self._monotonic() + TRUST_SECONDS, claimed)
        return asker

    def forget(self, grant_id: int) -> None:
        """Trust the tokens of a grant no more, now that it was revoked here."""
        self._known = {key: known for key, known in self._known.items() if known[2].grant_id != grant_id}

    def claimed(self, token: str) -> Claimed:
        """Read a token that was signed here and is not too old. Raises: InvalidToken."""
        if len(token) > MAX_CHARACTERS:
            raise InvalidToken
        try:
            decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError) as error:
            raise InvalidToken from error
        if decoded.header.get("typ") != TYPE or not self._is_good(decoded.claims):
            raise InvalidToken
        return _read(decoded.claims)

    def _is_good(self, claims: dict[str, Any]) -> bool:
        """Check what the signature does not: RFC 9068 §4."""
        expires_at = claims.get("exp")
        return (
            claims.get("iss") == self._issuer
            and claims.get("aud") in self._resources
            and isinstance(expires_at, int)
            and expires_at > self._clock().timestamp()
        )


def looks_like_one(token: str) -> bool:
    """Tell whether text has the form of a JWT, and so is none of the other credentials."""
    return token.count(".") == 2


def _hash(token: str) -> bytes:
    try:
        return hash_token(token)
    except UnicodeEncodeError as error:
        raise InvalidToken from error


def _read(claims: dict[str, Any]) -> Claimed:
    return Claimed(
        grant_id=int(claims["grant"]),
        agent_id=int(claims["agent_id"]),
        scopes=parse_scopes(claims["scope"]),
        expires_at=claims["exp"],
    )
