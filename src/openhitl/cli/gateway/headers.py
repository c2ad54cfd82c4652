"""Which headers pass a gateway, and how they are spelt on the other side. What is not named here stays out.

Nothing the server says reaches the browser that could change what runs there: no policy, no Refresh, no
Clear-Site-Data, which would delete the keys, no Link, no Service-Worker-Allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from openhitl.cli.gateway.site import Site
from openhitl.errors import CrossSite

Pairs = Iterable[tuple[str, str]]
SAFE_METHODS = frozenset({"GET", "HEAD"})
METHODS = SAFE_METHODS | {"POST", "PUT", "DELETE"}

#: What a browser tells the server. Where it comes from is checked here, and said anew.
_ASKED = frozenset(
    {
        "accept", "accept-language", "cache-control", "content-type", "if-none-match", "last-event-id",
        "prefer", "user-agent", "x-csrf-token", "x-offline",
    }
)  # fmt: skip
#: What the server tells a browser.
_TOLD = frozenset(
    {
        "cache-control", "content-disposition", "content-language", "content-type", "etag", "expires",
        "retry-after", "vary", "x-complete", "x-draft-version", "x-offline",
    }
)  # fmt: skip
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_COOKIE_VALUE = re.compile(r'[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e"]*')
_KEPT = {"max-age": re.compile(r"-?\d{1,12}"), "expires": re.compile(r"[\w:, -]{1,40}")}
_PATH = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")


def policy(site: Site) -> str:
    """Return the Content-Security-Policy of all that is shown: scripts and styles of this package alone.

    The whole origin would be too much: all but these paths comes from the server. CSP Level 3 §6.7.2.12: a
    path that ends in a slash stands for what lies below it.
    """
    home = f"{site.origin}{site.base}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {home}/static/",
            f"style-src {home}/static/",
            f"img-src {home}/static/",
            f"worker-src {home}/sw.js",
            f"manifest-src {home}/manifest.webmanifest",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types hitl-sw",
        )
    )


def own_headers(site: Site) -> Mapping[str, str]:
    """Return what every response of a gateway is sent with, whoever wrote its body."""
    return {
        "content-security-policy": policy(site),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "x-robots-tag": "noindex, nofollow",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


def check_origin(method: str, headers: Mapping[str, str], site: Site) -> None:
    """Check that what changes something was sent by a page of this very origin. Raises: CrossSite.

    The server cannot check it any more: for it, all comes from here.
    """
    origin = headers.get("origin", "null")
    fetched = headers.get("sec-fetch-site")
    if origin != "null":
        is_ours = origin == site.origin and fetched in (None, "same-origin")
    else:
        is_ours = method in SAFE_METHODS or fetched == "same-origin"
    if not is_ours:
        raise CrossSite


def to_server(method: str, headers: Mapping[str, str], site: Site) -> dict[str, str]:
    """Spell a browser's headers, in lower case, for the server; `check_origin` has passed."""
    told = {name: value for name, value in headers.items() if name in _ASKED}
    fetched = headers.get("sec-fetch-site") if method in SAFE_METHODS else "same-origin"
    cookies = "; ".join(_cookies_up(headers.get("cookie", ""), site))
    return {
        **told,
        "accept-encoding": "identity",
        **({"sec-fetch-site": fetched} if fetched else {}),
        **({"cookie": cookies} if cookies else {}),
    }


def to_browser(headers: Pairs, site: Site) -> Iterator[tuple[str, str]]:
    """Spell the server's headers, in lower case, for the browser; all but where a redirect leads."""
    for name, value in headers:
        if name in _TOLD:
            yield name, value
        elif name == "set-cookie":
            cookie = _cookie_down(value, site)
            if cookie is not None:
                yield name, cookie


def _prefix(site: Site) -> str:
    """What our cookies begin with: ports of a machine share cookies, and no other's may go to the server."""
    return f"hitl{site.port}."


def _cookies_up(header: str, site: Site) -> Iterator[str]:
    for one in header.split(";"):
        name, equals, value = one.strip().partition("=")
        if equals and name.startswith(_prefix(site)):
            yield f"{name.removeprefix(_prefix(site))}={value}"


def _cookie_down(header: str, site: Site) -> str | None:
    """Spell a cookie for this machine: its own name, no domain, never for scripts. RFC 6265 §4.1."""
    first, *attributes = header.split(";")
    name, equals, value = first.strip().partition("=")
    if not equals or not _COOKIE_NAME.fullmatch(name) or not _COOKIE_VALUE.fullmatch(value):
        return None
    parts, path = [f"{_prefix(site)}{name}={value}"], f"{site.base}/"
    for one in attributes:
        attribute, _, given = one.strip().partition("=")
        kept = _KEPT.get(attribute.lower())
        if kept is not None and kept.fullmatch(given):
            parts.append(f"{attribute}={given}")
        elif attribute.lower() == "path" and _PATH.fullmatch(given):
            path = given
    return "; ".join([*parts, f"Path={path}", "HttpOnly", "SameSite=Lax"])
