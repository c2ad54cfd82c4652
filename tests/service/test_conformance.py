"""The conformance test passes on services that know their callers, on ASGI and under WSGI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from flask import Flask, request
from starlette.responses import JSONResponse

from openhitl.conformance.check import Verdict
from openhitl.conformance.creation import parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import Results, run
from openhitl.errors import HitlError, InvalidRequest, MalformedRequest, Unauthorized
from openhitl.service import Question, Reviews, refusal
from openhitl.service.asgi import ReviewsApp
from openhitl.service.wsgi import ReviewsWsgi
from tests.service.hosts import SECRET, free_port, under_uvicorn, under_waitress

HEADER = {"Authorization": "Bearer key-of-alice"}
#: Claimed by the discovery document of no WSGI service.
STREAMS = "event_stream."


def customer(headers: Mapping[str, str]) -> str | None:
    return {"Bearer key-of-alice": "alice"}.get(headers.get("authorization", ""))


def reviews_at(folder: Path, port: int) -> Reviews:
    return Reviews(
        f"sqlite:///{folder}/cases.db",
        SECRET,
        base_url=f"http://localhost:{port}",
        authenticate=customer,
    )


def question_in(body: bytes) -> Question:
    """Read a question that a caller brings, as a careful service would."""
    try:
        question = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest("That is no JSON.") from error
    if not isinstance(question, dict):
        raise InvalidRequest("A question is an object.")
    return Question(question)


def on_asgi(reviews: Reviews) -> Any:
    app = FastAPI()

    @app.post("/ask")
    async def ask(request: Request) -> JSONResponse:
        if customer(request.headers) is None:
            raise Unauthorized
        accepted = await reviews.ask(question_in(await request.body()), asked_by=customer(request.headers))
        return JSONResponse(accepted.body, accepted.status, accepted.headers)

    @app.exception_handler(HitlError)
    async def refused(request: Request, error: HitlError) -> JSONResponse:
        reply = refusal(error)
        return JSONResponse(reply.body, reply.status, reply.headers)

    app.mount("/", ReviewsApp(reviews))
    return app


def on_wsgi(reviews: Reviews) -> Any:
    app = Flask(__name__)
    app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)  # type: ignore[method-assign]

    @app.post("/ask")
    def ask() -> Any:
        if customer(request.headers) is None:
            raise Unauthorized
        question = question_in(request.get_data())
        accepted = reviews.ask_sync(question, asked_by=customer(request.headers))
        return accepted.body, accepted.status, accepted.headers

    @app.errorhandler(HitlError)
    def refused(error: HitlError) -> Any:
        reply = refusal(error)
        return reply.body, reply.status, reply.headers

    return app


def results_of(url: str) -> Results:
    return asyncio.run(run(Target(url=url, creation=parse_creation("POST /ask"), headers=HEADER)))


@pytest.mark.parametrize(
    ("serving", "app", "streams"), [(under_uvicorn, on_asgi, True), (under_waitress, on_wsgi, False)]
)
def test_a_service_with_accounts_passes(tmp_path: Path, serving: Any, app: Any, streams: bool) -> None:
    port = free_port()
    reviews = reviews_at(tmp_path, port)
    with serving(app(reviews), port):
        results = results_of(f"http://localhost:{port}")
    asyncio.run(reviews.close())
    assert [f"{one.check.id}: {one.seen}" for one in results.failed()] == []
    skipped = [one.check.id for one in results.outcomes if one.verdict is Verdict.SKIPPED]
    assert [one for one in skipped if streams or not one.startswith(STREAMS)] == [
        "inline_submit.evidence_needed"
    ]
