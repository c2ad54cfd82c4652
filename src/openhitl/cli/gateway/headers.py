"""Which headers pass a gateway, and how they are spelt on the other side. What is not named here stays out.

Nothing the server says reaches the browser that could change what runs there: no policy, no Refresh, no
Clear-Site-Data, which would delete the keys, no Link, no Service-Worker-Allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from openhitl.cli.gateway.cookies import Cookies
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


def to_server(method: str, headers: Mapping[str, str], cookies: Cookies) -> dict[str, str]:
    """Spell a browser's headers, in lower case, for the server; `check_origin` has passed."""
    told = {name: value for name, value in headers.items() if name in _ASKED}
    fetched = headers.get("sec-fetch-site") if method in SAFE_METHODS else "same-origin"
    given = cookies.up(headers.get("cookie", ""))
    return {
        **told,
        "accept-encoding": "identity",
        **({"sec-fetch-site": fetched} if fetched else {}),
        **({"cookie": given} if given else {}),
    }


def to_browser(headers: Pairs, cookies: Cookies) -> Iterator[tuple[str, str]]:
    """Spell the server's headers, in lower case, for the browser; all but where a redirect leads."""
    for name, value in headers:
        if name in _TOLD:
            yield name, value
        elif name == "set-cookie":
            cookie = cookies.down(value)
            if cookie is not None:
                yield name, cookie
