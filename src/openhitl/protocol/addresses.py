"""Web addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\x7f]")


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
