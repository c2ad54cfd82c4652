"""What an embedded service owes the agents that call it: callbacks, receipts, waits, with their own SDK."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from flask import Flask, request
from starlette.responses import JSONResponse

from openhitl.agent import OpenCase
from openhitl.agent.receipts import verify_receipt
from openhitl.agent.receiver import Receiver
from openhitl.agent.receiving import ReceiverServer
from openhitl.agent.transports.httpx2 import HITLTransport
from openhitl.service import Reviews, approval
from openhitl.service.asgi import ReviewsApp
from openhitl.service.wsgi import ReviewsWsgi
from tests.service.hosts import SECRET, free_port, post_url, under_uvicorn, under_waitress

APPROVED = {"action": "approve"}


def on_asgi(reviews: Reviews) -> Any:
    app = FastAPI()
    app.mount("/hitl", ReviewsApp(reviews))

    @app.post("/orders")
    async def order(callback: str | None = None) -> JSONResponse:
        accepted = await reviews.ask(approval("Ship order 7?"), asked_by="alice", callback_url=callback)
        return JSONResponse(accepted.body, accepted.status, accepted.headers)

    return app


def on_wsgi(reviews: Reviews) -> Any:
    app = Flask(__name__)
    app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)  # type: ignore[method-assign]

    @app.post("/orders")
    def order() -> Any:
        callback = request.args.get("callback")
        accepted = reviews.ask_sync(approval("Ship order 7?"), asked_by="alice", callback_url=callback)
        return accepted.body, accepted.status, accepted.headers

    return app


@pytest.fixture
def reviews(tmp_path: Path) -> Reviews:
    return Reviews(
        f"sqlite:///{tmp_path}/cases.db",
        SECRET,
        base_url=f"http://localhost:{free_port()}",
        prefix="/hitl",
        private_networks="127.0.0.0/8",
    )


@pytest.fixture(params=["asgi", "wsgi"])
def client(request: pytest.FixtureRequest, reviews: Reviews) -> Iterator[httpx2.Client]:
    port = httpx2.URL(reviews.discovery()["hitl_protocol"]["service"]["url"]).port
    assert port is not None
    serving = under_uvicorn(on_asgi(reviews), port) if request.param == "asgi" else None
    with serving or under_waitress(on_wsgi(reviews), port) as client:
        yield client
    asyncio.run(reviews.close())


def approving(client: httpx2.Client) -> Callable[[OpenCase], None]:
    """Tell a human who approves at once."""

    def tell(case: OpenCase) -> None:
        answered = client.post(post_url({"review_url": case.review_url}, "respond"), json=APPROVED)
        assert answered.status_code == 200

    return tell


def test_an_agent_gets_the_answer_as_if_it_had_come_at_once(client: httpx2.Client) -> None:
    transport = HITLTransport(tell=approving(client))
    with httpx2.Client(base_url=client.base_url, transport=transport, timeout=20) as agent:
        answer = agent.post("/orders")
    assert (answer.status_code, answer.json()["result"]["action"]) == (200, "approve")


def test_receipts_are_verified_with_keys_below_the_prefix(client: httpx2.Client, reviews: Reviews) -> None:
    hitl = client.post("/orders").json()["hitl"]
    client.post(post_url(hitl, "respond"), json=APPROVED)
    poll = client.get(hitl["poll_url"]).json()
    jwks = client.get(httpx2.URL(poll["result"]["signature"]["signer"]).path)
    assert jwks.url.path == "/hitl/.well-known/jwks.json"
    assert verify_receipt(poll, jwks.json()).action == "approve"
    decision = reviews.decision_sync(hitl["case_id"], timedelta(seconds=20))
    assert verify_receipt(decision.poll, jwks.json()) == verify_receipt(poll, jwks.json())


class Heard(Receiver):
    """A receiver that remembers what it answered to whom."""

    def __init__(self, *secrets: str) -> None:
        super().__init__(*secrets)
        self.heard: list[tuple[int, dict[str, Any]]] = []
        self.told = threading.Event()

    def hear(self, headers: Any, body: bytes, **options: Any) -> int:
        status = super().hear(headers, body, **options)
        self.heard.append((status, json.loads(body)))
        self.told.set()
        return status


def test_callbacks_are_signed_with_the_secret_that_the_service_tells(
    client: httpx2.Client, reviews: Reviews
) -> None:
    receiver = Heard(reviews.callback_secret_sync("alice"))
    with ReceiverServer(receiver) as server:
        hitl = client.post("/orders", params={"callback": server.url}).json()["hitl"]
        client.post(post_url(hitl, "respond"), json=APPROVED)
        assert receiver.told.wait(20)
    [(status, event)] = receiver.heard
    assert (status, event["case_id"], event["result"]["action"]) == (204, hitl["case_id"], "approve")


def test_the_server_s_commands_work_on_the_service_s_database(
    client: httpx2.Client, tmp_path: Path, reviews: Reviews
) -> None:
    """While the service runs: a secret is rotated, and both are good for a day."""
    before = reviews.callback_secret_sync("alice")
    environment = {"HITL_DATABASE_URL": f"sqlite:///{tmp_path}/cases.db", "HITL_SECRET_KEY": SECRET}
    command = [sys.executable, "-m", "openhitl.cli", "admin", "callback-secret", "alice", "--rotate"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert reviews.callback_secret_sync("alice") == ran.stdout.strip() != before
    for secret in (before, ran.stdout.strip()):
        receiver = Heard(secret)
        with ReceiverServer(receiver) as server:
            hitl = client.post("/orders", params={"callback": server.url}).json()["hitl"]
            client.post(post_url(hitl, "respond"), json=APPROVED)
            assert receiver.told.wait(20)
        assert receiver.heard[0][0] == 204
