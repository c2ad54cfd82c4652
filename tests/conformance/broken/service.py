"""The service as a whole: its routes, and a server that carries it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from tests.conformance.broken.answering import Answering
from tests.conformance.broken.asking import KEY, Asking, as_json
from tests.conformance.broken.cases import Cases, Refused
from tests.conformance.broken.listening import Listening

__all__ = ["KEY", "serving"]


def broken(*defects: str) -> Starlette:
    """Make the service with these defects; without any it conforms."""
    chosen = frozenset(defects)
    cases = Cases(chosen)
    asking = Asking(chosen, cases)
    answering = Answering(chosen, cases)
    listening = Listening(chosen, cases, asking)

    async def refused(request: Request, error: Refused) -> Response:
        seconds = "0" if "busy" in chosen else "30"
        headers = {"retry-after": seconds} if error.status == 429 and "no_retry_after" not in chosen else {}
        body = dict(error.body)
        defect = "no_inline_message" if "authorization" in request.headers else "no_page_message"
        if defect in chosen:
            del body["message"]
        return as_json(body, headers, error.status)

    async def crashed(request: Request, error: Exception) -> Response:
        return as_json({"error": "internal_error", "message": "That was our fault."}, {}, 500)

    routes = [
        Route("/.well-known/hitl.json", asking.discovery),
        Route("/reviews", asking.create, methods=["POST"]),
        Route("/cases/{case_id}/status", asking.status),
        Route("/cases/{case_id}/events", listening.events),
        Route("/review/{case_id}", answering.page),
        Route(asking.respond_path, answering.respond, methods=["GET", "POST"]),
    ]
    return Starlette(
        routes=[Mount("/under/here", routes=routes)] if "mounted" in chosen else routes,
        exception_handlers={Refused: refused, RuntimeError: crashed, RecursionError: crashed},
    )


@contextmanager
def serving(*defects: str) -> Iterator[str]:
    """Serve on a free port for as long as this is entered; yield the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        broken(*defects), lifespan="off", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://localhost:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join()
        listener.close()
