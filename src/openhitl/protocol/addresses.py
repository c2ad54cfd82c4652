"""Web addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\x7f]")
#: The names of the interface that only this machine can reach.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_web_address(value: str) -> bool:
    """Tell whether text is an absolute http(s) address."""
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and not _NOT_IN_ADDRESSES.search(value)
            and (parts.port is None or parts.port >= 0)
        )
    except ValueError:  # a broken IPv6 address, or a port beyond 65535
        return False


def secure_origin(value: str) -> str | None:
    """Return scheme, host and port of an address that nobody on the way can read or change.

    That is https, or http on this machine's own interface; None for any other, for one with
    credentials in it, and for what is no address. HITL v0.8 §13.3.
    """
    if not is_web_address(value):
        return None
    parts = urlsplit(value)
    if parts.username is not None or (parts.scheme == "http" and parts.hostname not in LOOPBACK):
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}"
