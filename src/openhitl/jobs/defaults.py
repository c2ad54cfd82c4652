"""Fetching the value of a form field's `default_ref`."""

from __future__ import annotations

import json

from openhitl.errors import InvalidRequest, PeerError
from openhitl.outbound import Fetched, OutboundHttp
from openhitl.protocol.problems import check_storable


class DefaultFetcher:
    """Reads one value from an address: JSON `{"value": …}`, any other JSON scalar, or plain text."""

    def __init__(self, outbound: OutboundHttp) -> None:
        self._outbound = outbound

    async def __call__(self, url: str) -> object:
        """Fetch the value. Raises: PeerError, AddressRefused."""
        fetched = await self._outbound.get(url, headers={"accept": "application/json, text/plain"})
        if fetched.status != 200:
            raise PeerError(f"The default could not be fetched: HTTP {fetched.status}.")
        try:
            value = _decode(fetched)
            check_storable(value)
        except (ValueError, RecursionError, InvalidRequest) as error:
            raise PeerError("The default is neither JSON nor text.") from error
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, (dict, list)) and not _is_texts(value):
            raise PeerError("The default is not a single value.")
        return value


def _decode(fetched: Fetched) -> object:
    """Read a body by its media type; without one it is text. Raises: ValueError, RecursionError."""
    text = fetched.body.decode("utf-8")
    if fetched.media_type == "application/json" or fetched.media_type.endswith("+json"):
        return json.loads(text)
    if fetched.media_type not in ("text/plain", ""):
        raise ValueError(f"{fetched.media_type} is not text")  # such as the page of a log-in
    return text


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
