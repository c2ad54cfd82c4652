"""The routes of a service's cases as an ASGI application, to be mounted at the prefix of its `Reviews`.

In Starlette `Mount("/hitl", app=ReviewsApp(reviews))`, in FastAPI `app.mount("/hitl", ReviewsApp(reviews))`.
"""

from __future__ import annotations

from openhitl.review.asgi import Receive, Scope, Send, answer_safely
from openhitl.service.reviews import Reviews


class ReviewsApp:
    """Serves review pages, answers, polls, event streams, discovery and static files."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. The first one opens the store: frameworks do not tell mounted apps to start."""
        if scope["type"] == "http":
            await answer_safely(self._answer, scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        house = await self._reviews.home.here()
        await house.app({**scope, "path": self._path(scope)}, receive, send)

    def _path(self, scope: Scope) -> str:
        """Return the path below where this is mounted. ASGI HTTP spec, `root_path`."""
        path: str = scope["path"]
        for prefix in (scope.get("root_path", ""), self._reviews.prefix):
            if prefix and path.startswith(prefix + "/"):
                path = path[len(prefix) :]
        return path
