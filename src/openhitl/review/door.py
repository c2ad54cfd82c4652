"""What every handler of the door works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from openhitl.cases import Casebook
from openhitl.errors import Unauthorized
from openhitl.identity import ApiKeys, Asker, CallbackSecrets, PasskeyDesk
from openhitl.review.claims import OPEN_DOOR, Claims
from openhitl.review.http import Request
from openhitl.review.pages import PLAIN, Theme
from openhitl.settings import Settings

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
    """

    book: Casebook
    keys: ApiKeys
    secrets: CallbackSecrets
    passkeys: PasskeyDesk
    settings: Settings
    fetch_default: Callable[[str], Awaitable[object]]
    claims: Claims = OPEN_DOOR
    viewer: Viewer | None = None
    theme: Theme = PLAIN

    @property
    def base(self) -> str:
        """The path prefix that people see, without a trailing slash."""
        return urlsplit(self.settings.public_url).path.rstrip("/")

    async def asker(self, request: Request) -> Asker:
        """Say whose key a request carries. Raises: Unauthorized without one, InvalidToken."""
        key = api_key(request)
        if key is None:
            raise Unauthorized
        return await self.keys.verify(key)


def bearer(request: Request) -> str | None:
    """Return the Bearer token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def api_key(request: Request) -> str | None:
    """Return the key of a request: `Authorization: Bearer …` or `X-API-Key`."""
    return bearer(request) or request.headers.get("x-api-key")
