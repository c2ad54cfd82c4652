"""Web addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

#: This machine, as far as the protocol goes. HITL v0.8 §7 "HTTPS Requirement".
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: A backslash begins the path for some readers and is part of the host's name for others: what one of
#: them checks, another calls somewhere else. Halves of characters can be sent nowhere.
_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\x7f\\\ud800-\udfff]")


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


def is_safe_address(value: str) -> bool:
    """Tell whether nobody on the way reads what goes to a web address: https, or this machine.

    HITL v0.8 §7 "HTTPS Requirement".
    """
    if not is_web_address(value):
        return False
    parts = urlsplit(value)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def secure_origin(value: str) -> str | None:
    """Return scheme, host and port of a safe address; None for any other, and for one with credentials."""
    if not is_safe_address(value):
        return None
    parts = urlsplit(value)
    return None if parts.username is not None else f"{parts.scheme}://{parts.netloc.lower()}"
