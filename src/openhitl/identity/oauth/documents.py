"""Programs whose client id is the address of a document about them. OAuth Client ID Metadata Document."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from openhitl.errors import InvalidClient, OAuthError, PeerError
from openhitl.outbound.http import Fetched
from openhitl.protocol.oauth_clients import ClientMetadata, parse_document


class Documents:
    """Fetches what programs say of themselves.

    Args:
        get: fetches an address, guarded: bounded in time and size, without redirects.
    """

    def __init__(self, get: Callable[[str], Awaitable[Fetched]]) -> None:
        self._get = get

    async def fetch(self, client_id: str) -> ClientMetadata:
        """Fetch the document at a client id that is an address of one. Raises: InvalidClient."""
        try:
            fetched = await self._get(client_id)
            return parse_document(client_id, _read(fetched))
        except PeerError as error:
            raise InvalidClient(f"The program's document could not be fetched: {error.message}") from error
        except OAuthError as error:
            raise InvalidClient(f"The program's document is not valid: {error.message}") from error


def _read(fetched: Fetched) -> object:
    is_json = fetched.media_type == "application/json" or fetched.media_type.endswith("+json")
    if fetched.status != 200 or not is_json:
        raise OAuthError(f"there is none at its address (status {fetched.status}).")
    try:
        document = json.loads(fetched.body)
    except (ValueError, RecursionError) as error:
        raise OAuthError("it is not JSON.") from error
    return document
