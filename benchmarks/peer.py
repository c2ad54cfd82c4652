"""The peer: the protocol's main endpoints on plain FastAPI, with everything in a dict.

Written as an ordinary good FastAPI service: pydantic models check the bodies, a dependency checks
the key, responses are JSONResponse. Started by `python -m benchmarks.peer PORT KEY`, with the options
of uvicorn that OpenHITL's own server uses.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from benchmarks.peer_cases import Case, Cases, Problem, Question, Reply, event_text

RETRY_AFTER = {"Retry-After": "30"}
NO_STORE = {"Cache-Control": "no-store"}
PRIVATE = {"Cache-Control": "private, no-cache"}
HEARTBEAT_SECONDS = 15.0


def create_app(cases: Cases) -> FastAPI:
    """Build the peer over its cases."""
    app = FastAPI(title="Peer", exception_handlers={Problem: refused})

    async def agent_of(request: Request) -> str:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise Problem(401, "unauthorized", "Credentials are missing.")
        return cases.agent_of(key)

    Agent = Annotated[str, Depends(agent_of)]  # noqa: N806 - a type

    @app.post("/api/v1/reviews")
    async def create(question: Question, request: Request, agent: Agent) -> Response:
        accepted = cases.create(question, agent, request.headers.get("idempotency-key"))
        return JSONResponse(accepted, 202, headers={**NO_STORE, **RETRY_AFTER})

    @app.post("/reviews/{case_id}/respond")
    async def respond(case_id: str, token: str, reply: Reply) -> Response:
        return JSONResponse(cases.submit(cases.reviewed(case_id, token), reply), headers=NO_STORE)

    @app.get("/api/reviews/{case_id}/status")
    async def status(case_id: str, request: Request, agent: Agent) -> Response:
        case = cases.owned(case_id, agent)
        headers = {"ETag": case.etag, **RETRY_AFTER, **PRIVATE, **cases.rate_headers(case_id)}
        if request.headers.get("if-none-match") == case.etag:
            return Response(status_code=304, headers=headers)
        return JSONResponse(case.poll_body(), headers=headers)

    @app.get("/api/reviews/{case_id}/events")
    async def events(case_id: str, agent: Agent) -> Response:
        return StreamingResponse(events_of(cases.owned(case_id, agent)), media_type="text/event-stream")

    return app


async def events_of(case: Case) -> AsyncIterator[str]:
    """Yield the present state, then the end, with heartbeats between. HITL v0.8 §8.5."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    case.waiting.append(queue)
    try:
        yield event_text(case)
        while case.status == "pending" or not queue.empty():
            try:
                yield await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield ": \n\n"
    finally:
        case.waiting.remove(queue)


async def refused(request: Request, problem: Problem) -> Response:
    """Render a refusal."""
    return JSONResponse(problem.body, problem.status)


def main() -> None:
    """Serve on the port that the command line names."""
    port, key = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(
        create_app(Cases(f"http://localhost:{port}", key)),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
