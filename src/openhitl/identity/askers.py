"""Whose credential lets somebody ask: an API key, or an access token that a person granted."""

from __future__ import annotations

from typing import Protocol

from openhitl.errors import InsufficientScope, InvalidToken
from openhitl.identity.keys import ApiKeys, Asker
from openhitl.protocol.scopes import Scope


class Verifier(Protocol):
    """Knows credentials of one kind."""

    def remembered(self, credential: str) -> Asker | None:
        """Return whose it is if it was verified a moment ago. Raises: InvalidToken for its form."""

    async def verify(self, credential: str) -> Asker:
        """Return whose it is. Raises: InvalidToken."""


class Askers:
    """Verifies what askers present. A key has no dot in it, a token has two. RFC 7519 §3.

    Args:
        tokens: knows access tokens; without it none is good.
    """

    def __init__(self, keys: ApiKeys, tokens: Verifier | None = None) -> None:
        self._keys = keys
        self._tokens = tokens

    def remembered(self, credential: str, scope: Scope) -> Asker | None:
        """Return whose credential this is if it was verified a moment ago.

        Raises: InvalidToken for its form; InsufficientScope.
        """
        asker = self._verifier(credential).remembered(credential)
        if asker is not None:
            _check(asker, scope)
        return asker

    async def verify(self, credential: str, *scopes: Scope) -> Asker:
        """Return whose credential this is. Raises: InvalidToken; InsufficientScope if it lacks one."""
        asker = await self._verifier(credential).verify(credential)
        for scope in scopes:
            _check(asker, scope)
        return asker

    def _verifier(self, credential: str) -> Verifier:
        if "." not in credential:
            return self._keys
        if self._tokens is None:
            raise InvalidToken
        return self._tokens


def _check(asker: Asker, scope: Scope) -> None:
    """Check that a credential was made for this. RFC 6750 §3.1."""
    if scope not in asker.scopes:
        raise InsufficientScope(scope=str(scope))
