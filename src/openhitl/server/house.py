"""The routes of the house itself: health, metrics, the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openhitl.cases import Casebook
from openhitl.errors import HitlError, MethodNotAllowed, NotFound, Stopping, StoreError
from openhitl.review.http import error_response
from openhitl.server.openapi import openapi_document
from openhitl.settings import Settings

READY_SECONDS = 2.0


class Served(Protocol):
    """What these routes tell about."""

    ready: bool
    settings: Settings
    book: Casebook


def house_app(server: Served) -> Starlette:
    """Return an application that answers these routes, and refuses as the door does."""
    house = _House(server)
    routes = [
        Route("/healthz", house.healthz),
        Route("/readyz", house.readyz),
        Route("/metrics", house.metrics),
        Route("/openapi.json", house.openapi),
    ]
    app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_allowed})
    app.router.redirect_slashes = False
    return app


def _not_found(request: Request, error: Exception) -> Response:
    return _refusal(NotFound())


def _not_allowed(request: Request, error: Exception) -> Response:
    return _refusal(MethodNotAllowed(allow=["GET", "HEAD"]))


def _refusal(error: HitlError) -> Response:
    refused = error_response(error)
    return Response(
        refused.body, refused.status, headers=dict(refused.headers), media_type=refused.content_type
    )


class _House:
    def __init__(self, server: Served) -> None:
        self._server = server
        self._registry = CollectorRegistry()
        feed = server.book.feed
        self._gauge("openhitl_event_streams", "Open event streams.", lambda: len(feed.streams))
        self._gauge("openhitl_cached_polls", "Cases in the poll cache.", lambda: len(feed.polls))

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self._registry).set_function(read)

    async def healthz(self, request: Request) -> Response:
        """Tell that the process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, request: Request) -> Response:
        """Tell whether this process can serve: not while it stops or its store does not answer."""
        if not self._server.ready:
            return _refusal(Stopping())
        ledger = self._server.book.ledger
        try:
            async with asyncio.timeout(READY_SECONDS):
                await ledger.read(ledger.store.head)
        except (StoreError, TimeoutError):
            return _refusal(StoreError("The storage does not answer."))
        return JSONResponse({"status": "ok"})

    async def metrics(self, request: Request) -> Response:
        """Tell numbers in Prometheus' text format; none names a case or a person."""
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:
        """Describe the door."""
        return JSONResponse(openapi_document(self._server.settings.public_url))
