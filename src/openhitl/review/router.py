"""Which handler a request is for: a table of routes, looked up by the shape of the path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from openhitl.errors import MethodNotAllowed, NotFound
from openhitl.protocol.record import record
from openhitl.protocol.scopes import Scope
from openhitl.review.http import Pending, Response

Handler = Callable[..., Awaitable[Response | Pending]]


@record(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the door's table.

    Args:
        pattern: path with `{name}` for a segment that is handed to the handler by that name.
        codes: every status that this route documents.
        credential: what authenticates a caller. `key`: an API key or access token, which must have the scope
            `read` for a GET and `ask` for what changes something. `person`: somebody's session, from a page
            of ours or a terminal; `owner`: theirs who owns the server. `link`: the token of a one-time link,
            in the query. `review`: the review token in the query, or for a case that wants more than a link
            the session of somebody who may answer it. `submit`: the case's submit token as Bearer. `client`:
            an OAuth client. `none`: anybody. Two, as in `key or person`: either.
        html: whether people see its errors as pages.
        scopes: what a key must have been made for, where that is not what the method says.
        detail: whether its errors say their message as `detail` too, as older clients read it.
    """

    method: str
    pattern: str
    handler: Handler
    summary: str
    codes: tuple[int, ...]
    credential: str = "none"
    html: bool = False
    scopes: frozenset[Scope] = frozenset()
    detail: bool = False


class Router:
    """Finds routes by the shape of a path: its length, where its variable segments are, the others."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[str, dict[str, Route]] = {}
        self._shapes: dict[int, dict[tuple[int, ...], dict[tuple[str, ...], dict[str, Route]]]] = {}
        for route in routes:
            if "{" not in route.pattern:
                self._fixed.setdefault(route.pattern, {})[route.method] = route
                continue
            segments = route.pattern.split("/")
            places = tuple(place for place, segment in enumerate(segments) if segment.startswith("{"))
            shape = self._shapes.setdefault(len(segments), {}).setdefault(places, {})
            shape.setdefault(_blanked(segments, places), {})[route.method] = route

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route for a request and the values in its path.

        HEAD is answered as GET. Raises: NotFound, MethodNotAllowed.
        """
        methods = self._fixed.get(path)
        if methods is not None:
            return _of_method(methods, method), {}
        if "\0" in path:  # no name holds it, and not every database could look for it
            raise NotFound
        given = path.split("/")
        for places, shape in self._shapes.get(len(given), {}).items():
            methods = shape.get(_blanked(given, places))
            if methods is None or not all(given[place] for place in places):
                continue
            route = _of_method(methods, method)
            names = route.pattern.split("/")
            return route, {names[place][1:-1]: given[place] for place in places}
        raise NotFound


def _of_method(methods: Mapping[str, Route], method: str) -> Route:
    route = methods.get("GET" if method == "HEAD" else method)
    if route is None:
        raise MethodNotAllowed(allow=sorted(methods))
    return route


def _blanked(segments: Sequence[str], places: tuple[int, ...]) -> tuple[str, ...]:
    blanked = list(segments)
    for place in places:
        blanked[place] = ""
    return tuple(blanked)
