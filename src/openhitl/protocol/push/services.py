"""Which push services a browser may name: whatever else an endpoint is, it is an address somebody gave us."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from openhitl.protocol.problems import invalid, text_of

#: Those of the browsers. A star stands for one label or more.
KNOWN_SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
MAX_ENDPOINT_CHARACTERS = 2_000
#: A name and perhaps a port: what else an authority may hold (RFC 3986 §3.2), others read as another host.
_AUTHORITY = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?")


def checked_endpoint(endpoint: object, others: Iterable[str] = ()) -> str:
    """Check the address of a subscription, and return it.

    Args:
        others: more hosts, each with `:port` if that is not 443; one with `http://` before it is spoken to
            in the clear.

    Raises: InvalidRequest unless it is of a known push service.
    """
    text = text_of(endpoint, "endpoint", least=1, most=MAX_ENDPOINT_CHARACTERS)
    try:
        parts = urlsplit(text)
        is_plain = text.isascii() and text.isprintable() and " " not in text and parts.username is None
        place = (parts.scheme, parts.netloc.lower())
        listed = any(_is(place, one) for one in (*KNOWN_SERVICES, *others))
        is_known = is_plain and not parts.fragment and listed
    except ValueError:
        is_known = False
    if not is_known:
        invalid("endpoint", "is not an address of a push service that this server knows")
    return text


def origin_of(endpoint: str) -> str:
    """Return the origin of an endpoint, which a push service has to be named by. RFC 8292 §2."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _is(place: tuple[str, str], service: str) -> bool:
    scheme, _, host = service.rpartition("://")
    if place[0] != (scheme or "https"):
        return False
    given = place[1].removesuffix(":443") if place[0] == "https" else place[1]
    if host.startswith("*."):
        return _AUTHORITY.fullmatch(given) is not None and given.endswith(host[1:])
    return given == host.lower()
