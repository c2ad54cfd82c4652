"""Which handler a request is for: a table of routes, looked up by the shape of the path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from openhitl.errors import MethodNotAllowed, NotFound
from openhitl.review.http import Response

Handler = Callable[..., Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the door's table.

    Args:
        pattern: path with `{name}` for a segment that is handed to the handler by that name.
        codes: every status that this route documents.
        credential: what authenticates a caller: key, review, review or submit, none.
        html: whether people see its errors as pages.
    """

    method: str
    pattern: str
    handler: Handler
    summary: str
    codes: tuple[int, ...]
    credential: str = "none"
    html: bool = False


class Router:
    """Finds routes by the number of segments of a path, then segment by segment."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_length: dict[int, list[tuple[list[str], Route]]] = {}
        for route in routes:
            segments = route.pattern.split("/")
            self._by_length.setdefault(len(segments), []).append((segments, route))

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route for a request and the values in its path.

        HEAD is answered as GET. Raises: NotFound, MethodNotAllowed.
        """
        wanted = "GET" if method == "HEAD" else method
        given = path.split("/")
        allowed = set()
        for segments, route in self._by_length.get(len(given), ()):
            values = _fit(segments, given)
            if values is None:
                continue
            if route.method == wanted:
                return route, values
            allowed.add(route.method)
        if allowed:
            raise MethodNotAllowed(allow=sorted(allowed))
        raise NotFound


def _fit(segments: list[str], given: list[str]) -> dict[str, str] | None:
    values = {}
    for segment, value in zip(segments, given, strict=True):
        if segment.startswith("{"):
            if not value:
                return None
            values[segment[1:-1]] = value
        elif segment != value:
            return None
    return values
