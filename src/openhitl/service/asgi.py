"""The routes of a service's cases as an ASGI application, alone or in front of the service's own.

In Starlette `Mount("/hitl", app=ReviewsApp(reviews))`, in FastAPI `app.mount("/hitl", ReviewsApp(reviews))`,
in Django's `asgi.py` `application = ReviewsApp(reviews, get_asgi_application())`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from openhitl.errors import SetupError, StoreError
from openhitl.review.asgi import Receive, Scope, Send, answer_safely, send_response
from openhitl.review.http import error_response
from openhitl.service.house import House
from openhitl.service.reviews import Reviews

ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
Message = MutableMapping[str, Any]


class ReviewsApp:
    """Serves review pages, answers, polls, event streams, discovery and static files.

    Args:
        others: answers everything else; without, what is not ours is a 404.
    """

    def __init__(self, reviews: Reviews, others: ASGIApplication | None = None) -> None:
        self._reviews = reviews
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. The first one opens the store: frameworks do not tell mounted apps to start."""
        inside = self._inside(scope) if scope["type"] == "http" else None
        if self._others is not None and (inside is None or not self._reviews.serves(inside)):
            with suppress(SetupError):  # what keeps us from serving is no reason for others
                self._reviews.home.choose(asyncio.get_running_loop())  # where asking on a thread finds it
            await self._others(scope, receive, send)
        elif inside is not None:
            await answer_safely(self._answer, {**scope, "path": inside}, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        here = asyncio.get_running_loop()

        async def answer(house: House) -> None:
            if asyncio.get_running_loop() is here:
                await house.app(scope, receive, send)
            else:
                await house.app(scope, _Receiving(receive, here), _sending(send, here))

        try:
            await self._reviews.home.run(answer)
        except StoreError as error:  # it cannot be opened
            await send_response(send, error_response(error))

    def _inside(self, scope: Scope) -> str | None:
        """Return the path below the prefix; None for what is not below it. ASGI HTTP spec, `root_path`."""
        root, prefix = scope.get("root_path", ""), self._reviews.prefix
        path: str = scope["path"]
        if path.startswith(root + "/"):
            path = path[len(root) :]
            if prefix and root.endswith(prefix):  # mounted there
                return path
        if prefix and path.startswith(prefix + "/"):
            return path[len(prefix) :]
        # Some that mount this take the prefix off and do not say so.
        return path if self._others is None or not prefix else None


class _Receiving:
    """What a request of another event loop receives; giving up waiting for it takes nothing away."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._coming: Future[Message] | None = None

    async def __call__(self) -> Message:
        coming = self._coming
        if coming is None:
            coming = self._coming = asyncio.run_coroutine_threadsafe(self._message(), self._loop)
        if not coming.done():
            await asyncio.shield(asyncio.wrap_future(coming))
        self._coming = None
        return coming.result()

    async def _message(self) -> Message:
        return await self._receive()


def _sending(send: Send, loop: asyncio.AbstractEventLoop) -> Send:
    """Send to a request of another event loop."""

    async def there(message: Message) -> None:
        await send(message)

    async def here(message: Message) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(message), loop))

    return here
