"""Starlette at port 3457, under uvicorn: `python -m examples.services starlette`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from examples.services.place import reviews_at
from openhitl.errors import HitlError
from openhitl.service import Reply, refusal, sample
from openhitl.service.asgi import ReviewsApp

reviews = reviews_at(3457, "Starlette example")


async def demo(request: Request) -> JSONResponse:
    """Ask one of the five sample questions."""
    question = sample(request.query_params.get("type", "selection"))
    return _sent(await reviews.ask(question, demo=True))


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Say what was wrong."""
    return _sent(refusal(error if isinstance(error, HitlError) else HitlError()))


def _sent(reply: Reply) -> JSONResponse:
    return JSONResponse(reply.body, reply.status, headers=dict(reply.headers))


app = Starlette(
    routes=[Route("/api/demo", demo, methods=["POST"]), Mount("/", app=ReviewsApp(reviews))],
    exception_handlers={HitlError: refused},
)
