"""What browsers fetch to install the pages: manifest, service worker, the page without connection."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from openhitl.protocol.compact import compact
from openhitl.review.accounts.desks import desk_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.pages.assets import asset_name
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page
from openhitl.review.reading import html_response
from openhitl.words import Words

OFFLINE = "/offline"
#: Pages that show how things stood when there was a connection.
KEPT = ("/inbox", "/inbox/history", "/inbox/notices", "/inbox/settings")
#: What the page without connection needs.
_FILES = (
    *("page.css", "dark.css", "page.js", "offline.js", "retrying.js"),
    *("icon.svg", "icon-192.png", "badge-96.png"),
)
#: A worker loads nothing and shows nothing: it fetches, from here alone.
WORKER_HEADERS = (
    ("content-security-policy", "default-src 'none'; connect-src 'self'"),
    ("cache-control", "no-cache"),
    ("vary", "Accept-Language"),
    ("x-content-type-options", "nosniff"),
)
_ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("maskable-512.png", 512, "maskable"))
#: As in page.css.
_BLUE, _GROUND = "#0b5cad", "#f6f7f9"


async def manifest(door: Door, request: Request) -> Response:
    """Describe the app. W3C Web Application Manifest."""
    described = manifest_of(door.base, door.theme.name, desk_of(door, request).words)
    headers = (("cache-control", "no-cache"), ("vary", "Accept-Language"))
    return Response(200, compact(described), content_type="application/manifest+json", headers=headers)


def manifest_of(base: str, name: str, words: Words) -> dict[str, Any]:
    """Describe the app of this name below a base, an address's path without a slash at the end."""
    return {
        "id": f"{base}/inbox",
        "name": name,
        "short_name": name,
        "description": words.gettext("Questions of programs that wait for you"),
        "lang": words.language,
        "dir": words.direction,
        "start_url": f"{base}/inbox",
        "scope": f"{base}/",
        "display": "standalone",
        "theme_color": _BLUE,
        "background_color": _GROUND,
        "icons": [
            {"src": _static(base, icon), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for icon, size, purpose in _ICONS
        ],
    }


async def worker(door: Door, request: Request) -> Response:
    """Serve the service worker, for all pages below our base. W3C Service Workers."""
    content = worker_of(door.base, desk_of(door, request).words)
    return Response(200, content, content_type="text/javascript; charset=utf-8", headers=WORKER_HEADERS)


@cache
def worker_of(base: str, words: Words) -> bytes:
    """Return the script of the service worker for all pages below a base."""
    source = (files("openhitl.review") / "static" / "sw.js").read_bytes()
    names = [_static(base, name) for name in _FILES]
    known: dict[str, Any] = {
        "base": base,
        # Whatever changes here makes browsers take the new one, and forget what the old one kept.
        "version": hashlib.sha256(source + compact(names)).hexdigest()[:12],
        "offline": base + OFFLINE,
        "files": names,
        "pages": KEPT,
        "icon": _static(base, "icon-192.png"),
        "badge": _static(base, "badge-96.png"),
        "refused": words.gettext("An answer that waited for a connection was not taken."),
    }
    return b"self.app = " + compact(known) + b";\n" + source


async def offline(door: Door, request: Request) -> Response:
    """Show what is left without a connection: answers that wait for one."""
    return html_response(offline_page(desk_of(door, request)))


def offline_page(desk: Desk) -> Page:
    """Draw the page without connection; it is kept by browsers, and says nothing of anybody."""
    return desk.draw("offline.html", folder="installed")


def _static(base: str, name: str) -> str:
    return f"{base}/static/{asset_name(name)}"
