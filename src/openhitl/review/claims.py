"""What a service says of itself in its discovery document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What differs between the server and a service that embeds the door.

    Args:
        name: whose service it is.
        open_door: whether agents may create cases here over HTTP, with a key, as the OpenAPI document says.
        streams: whether there are event streams.
    """

    name: str = "OpenHITL"
    open_door: bool = True
    streams: bool = True


#: What the server says.
OPEN_DOOR = Claims()
