"""What follows from a route's row in the table, for each credential in each place."""

from __future__ import annotations

from openhitl.protocol.oauth import MCP_PATH
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.review.http import Response
from openhitl.review.router import Route
from openhitl.server.openapi import POLL_ROUTES
from openhitl.server.table import SERVER_ROUTES
from tests.matrix.credentials import Held


def _mount(method: str, pattern: str, codes: tuple[int, ...], credential: str = "none") -> Route:
    return Route(
        method=method, pattern=pattern, handler=_unused, summary="", codes=codes, credential=credential
    )


async def _unused(*_: object) -> Response:
    raise AssertionError


#: A row for everything that answers; what has none in the server's table gets it here.
ROWS: tuple[Route, ...] = (
    *SERVER_ROUTES,
    *(
        # A person's stream has no end: what lets somebody have it is asked without reading it.
        _mount("GET" if credential == "key" else "HEAD", pattern, codes, credential)
        for pattern, _, _, codes, credential in POLL_ROUTES
    ),
    *(_mount("POST", path, (200, 401, 403), "mcp") for path in (MCP_PATH, f"{MCP_PATH}/")),
    *(_mount("GET", path, (200,)) for path in ("/healthz", "/readyz", "/metrics", "/openapi.json")),
)
#: Where a credential can be put: two headers, the query, a cookie without and with what shows that one of our
#: own pages sent it, and the password of a program.
PLACES = ("bearer", "x-api-key", "query", "cookie", "browser", "basic")
#: What a one-time link must be for, by its path.
LINKS = {"/passkey": "passkey", "/join": "join", "/sign-in/link": "sign-in"}
KEYS = ("agent", "service")
#: A request that carries no credential at all.
NOTHING_HELD = Held("")

GRANTED = "granted"
#: Nobody is authenticated: 401.
NOBODY = "nobody"
#: Authenticated, and there is no such thing for them: 404.
FOREIGN = "foreign"
#: What remains is 403, by its code.
LESS_SCOPE, NOT_OWNER, CROSS_SITE = "insufficient_scope", "not_owner", "cross_site"


def expected(route: Route, held: Held, place: str, creator: str) -> str:
    """Say what comes of a request. `creator` is whose case it names, if it names one."""
    return min(
        (_outcome(one, route, held, place, creator) for one in route.credential.split(" or ")),
        key=lambda outcome: (outcome != GRANTED, outcome == NOBODY),
    )


def _outcome(credential: str, route: Route, held: Held, place: str, creator: str) -> str:
    if credential == "none":
        return GRANTED
    if credential in ("key", "mcp"):
        return _of_key(route, held, place, creator)
    if credential in ("person", "owner"):
        return _of_person(credential, route, held, place)
    if credential == "link":
        return GRANTED if (held.kind, place) == (LINKS[route.pattern], "query") else NOBODY
    if credential == "client":
        return GRANTED if (held.kind, place) == ("client", "basic") else NOBODY
    if credential == "submit":
        return GRANTED if (held.kind, place, creator) == ("submit", "bearer", "service") else NOBODY
    assert credential == "review", f"nobody said what {credential} means"
    return _of_review(route, held, place, creator)


def _of_key(route: Route, held: Held, place: str, creator: str) -> str:
    if held.kind not in KEYS or place not in ("bearer", "x-api-key"):
        return NOBODY
    if not scopes_of(route) <= held.scopes:
        return LESS_SCOPE
    return FOREIGN if "{case_id}" in route.pattern and held.agent != creator else GRANTED


def scopes_of(route: Route) -> frozenset[Scope]:
    """What asks and gets the answer is both."""
    if route.credential == "mcp":
        return ALL_SCOPES
    return route.scopes or frozenset({Scope.READ if route.method == "GET" else Scope.ASK})


def person_of(held: Held, place: str) -> str:
    """Name who is signed in; nobody for what is no session, or is not where it belongs."""
    places = {"browser": ("cookie", "browser"), "terminal": ("bearer",)}
    return held.person if place in places.get(held.kind, ()) else ""


def _of_person(credential: str, route: Route, held: Held, place: str) -> str:
    person = person_of(held, place)
    if not person:
        return NOBODY
    if route.method not in ("GET", "HEAD") and place == "cookie":
        return CROSS_SITE
    if credential == "owner" and person != "Ana":
        return NOT_OWNER
    return FOREIGN if "{case_id}" in route.pattern and person != "Ana" else GRANTED


def _of_review(route: Route, held: Held, place: str, creator: str) -> str:
    if held.kind == "review" and place == "query" and creator == "service":
        return GRANTED
    return _of_person("person", route, held, place)
