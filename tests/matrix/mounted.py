"""Everything that a running server answers: found by walking from its one ASGI callable to every other."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route as StarletteRoute

from openhitl.protocol.oauth import MCP_PATH
from openhitl.review.events import EventsEndpoint
from openhitl.review.inbox.events import PATH as INBOX_EVENTS
from openhitl.review.inbox.events import InboxEvents
from openhitl.review.poll import PollEndpoint
from openhitl.review.router import Router
from openhitl.server.late_mcp import LateMcp

Place = tuple[str, str]
_ASGI = ("scope", "receive", "send")
#: What answers by itself, with no table of routes behind it.
LEAVES: dict[type, tuple[Place, ...]] = {
    PollEndpoint: (("GET", "/api/reviews/{case_id}/status"),),
    EventsEndpoint: (("GET", "/api/reviews/{case_id}/events"),),
    InboxEvents: (("GET", INBOX_EVENTS),),
    LateMcp: (("POST", MCP_PATH), ("POST", MCP_PATH + "/")),
}


def mounted(app: object) -> frozenset[Place]:
    """Return (method, pattern) of everything that answers below an application."""
    return frozenset(_walk(app, set()))


def _walk(app: object, seen: set[int]) -> Iterator[Place]:
    """Raises: AssertionError for something that answers although nobody said what."""
    if id(app) in seen:
        return
    seen.add(id(app))
    if type(app) in LEAVES:
        yield from LEAVES[type(app)]
        return
    if isinstance(app, Starlette):
        for route in app.routes:
            assert isinstance(route, StarletteRoute), f"{route} is no plain route"
            yield from ((method, route.path) for method in (route.methods or set()) - {"HEAD"})
        return
    parts = list(vars(app).values())
    found = [part for part in parts if isinstance(part, Router)]
    below = [part for part in parts if _answers(part)]
    assert found or below, f"{type(app).__name__} answers, but what?"
    for router in found:
        yield from ((route.method, route.pattern) for route in router.routes)
    for part in below:
        yield from _walk(part, seen)


def _answers(part: Any) -> bool:
    """Tell whether something is an ASGI callable."""
    if not callable(part) or isinstance(part, type):
        return False
    try:
        return tuple(inspect.signature(part).parameters)[:3] == _ASGI
    except ValueError:
        return False
