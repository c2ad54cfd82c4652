"""Which addresses are one place: a credential goes to the origin that the caller named, nowhere else."""

from __future__ import annotations

from urllib.parse import urlsplit

from openhitl.protocol.addresses import LOOPBACK, is_web_address

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port. The names of this machine's loopback interface are one host.

    Raises: ValueError if it is not an absolute http(s) URL.
    """
    parts = urlsplit(url)
    if not parts.hostname or not is_web_address(url):
        raise ValueError(f"{url!r} is not an absolute http(s) URL")
    host = "localhost" if parts.hostname in LOOPBACK else parts.hostname
    return parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme]


def same_origin(one: str, other: str) -> bool:
    """Tell whether two URLs lead to one place; what is not a URL leads nowhere."""
    try:
        return origin_of(one) == origin_of(other)
    except ValueError:
        return False


def is_loopback(url: str) -> bool:
    """Tell whether a URL stays on this machine."""
    try:
        return origin_of(url)[1] == "localhost"
    except ValueError:
        return False


def site_of(url: str) -> str:
    """Return the part of a URL that names its origin, without user, path or query.

    Raises: ValueError if it is not an absolute http(s) URL.
    """
    origin_of(url)
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
