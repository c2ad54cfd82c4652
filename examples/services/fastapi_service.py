"""FastAPI at port 3458, under uvicorn: `python -m examples.services fastapi`."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from examples.services.place import reviews_at
from openhitl.errors import HitlError
from openhitl.service import CaseDecision, Reply, refusal, sample
from openhitl.service.asgi import ReviewsApp

reviews = reviews_at(3458, "FastAPI example")
app = FastAPI()


@app.post("/api/demo")
async def demo(type: str = "selection") -> JSONResponse:
    """Ask one of the five sample questions."""
    return _sent(await reviews.ask(sample(type), demo=True))


@app.exception_handler(HitlError)
async def refused(request: Request, error: HitlError) -> JSONResponse:
    """Say what was wrong."""
    return _sent(refusal(error))


@reviews.on_decision
async def decided(decision: CaseDecision) -> None:
    """Go on with what the human decided."""
    print(f"{decision.case_id}: {decision.action or decision.outcome}", flush=True)


def _sent(reply: Reply) -> JSONResponse:
    return JSONResponse(reply.body, reply.status, headers=dict(reply.headers))


app.mount("/", ReviewsApp(reviews))
