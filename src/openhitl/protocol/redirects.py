"""Where OAuth may send a browser: addresses that can be registered, and which of them a request means.

Compared as text, never normalised: what two readers understand differently is refused at registration.
RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §4.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from openhitl.errors import InvalidRedirectUri
from openhitl.protocol.addresses import LOOPBACK
from openhitl.protocol.record import record

MAX_CHARACTERS = 2_000
#: RFC 3986 §2, without `#`, which would begin a fragment.
_URI = re.compile(r"[A-Za-z0-9:/?\[\]@!$&'()*+,;=._~%-]+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
#: A name that somebody owns, turned round, as in com.example.app. RFC 8252 §7.1.
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]")
#: A program that waits on this machine takes any free port. RFC 8252 §7.3.
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?((?:[/?].*)?)")
_MAX_PORT = 65_535


@record(frozen=True, slots=True)
class Destination:
    """Where a redirect address leads, for people and for the policy of a page.

    Args:
        place: host and port, or the scheme of a program on the same device.
        source: what a Content-Security-Policy calls it. CSP Level 3 §2.3.1.
    """

    place: str
    source: str
    is_this_device: bool


def checked_redirect(uri: object) -> str:
    """Check that an address can be registered.

    Raises: InvalidRedirectUri unless it is https, http on this machine, or of a scheme with a dot in it; for
    a fragment, credentials, and characters that do not belong into an address.
    """
    if not isinstance(uri, str) or not 0 < len(uri) <= MAX_CHARACTERS:
        raise InvalidRedirectUri
    if not _URI.fullmatch(uri) or _BROKEN_ESCAPE.search(uri) or not _leads_somewhere(uri):
        raise InvalidRedirectUri
    return uri


def _leads_somewhere(uri: str) -> bool:
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme != scheme.lower():
        return False
    if scheme in ("http", "https"):
        return _is_web(uri, scheme)
    return bool(_PRIVATE_SCHEME.fullmatch(scheme)) and rest.startswith("/") and "@" not in rest


def _is_web(uri: str, scheme: str) -> bool:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:  # a broken IPv6 address, or a port beyond 65535
        return False
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    # Host and port as they are spelt, so that no other spelling of them is taken for this one.
    if port == 0 or not _HOST.fullmatch(host):
        return False
    return scheme == "https" or parts.hostname in LOOPBACK


def matching_redirect(asked: str | None, registered: Iterable[str]) -> str:
    """Say where a request wants to be answered: a registered address, letter by letter.

    On this machine the port may be another. Without one, the only one that is registered is meant.
    RFC 9700 §2.1, RFC 8252 §7.3. Raises: InvalidRedirectUri.
    """
    known = list(registered)
    if asked is None:
        if len(known) != 1:
            raise InvalidRedirectUri("redirect_uri is missing.")
        return known[0]
    local = _local(asked)
    if asked in known or (local is not None and local in map(_local, known)):
        return asked
    raise InvalidRedirectUri("redirect_uri is not one that this program registered.")


def _local(uri: str) -> tuple[str, str] | None:
    """Return the host and what follows the port of an address on this machine; None for any other."""
    found = _LOOPBACK.fullmatch(uri)
    if found is None or not _URI.fullmatch(uri):
        return None
    host, port, rest = found.groups()
    return (host, rest) if port is None or 0 < int(port) <= _MAX_PORT else None


def destination_of(uri: str) -> Destination:
    """Say where a registered address leads."""
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return Destination(place=f"{parts.scheme}:", source=f"{parts.scheme}:", is_this_device=True)
    # A policy cannot name an IPv6 address.
    source = f"{parts.scheme}:" if parts.netloc.startswith("[") else f"{parts.scheme}://{parts.netloc}"
    return Destination(place=parts.netloc, source=source, is_this_device=parts.hostname in LOOPBACK)


def answered(uri: str, **parameters: str | None) -> str:
    """Add an answer's parameters to an address; its own query stays. RFC 6749 §4.1.2, §3.1.2."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}"
