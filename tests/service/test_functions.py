"""The service's own functions misbehave: who asks and who is told, without harm to anybody else."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse

from openhitl.errors import Unauthorized
from openhitl.service import CaseDecision, Reviews, approval, form
from openhitl.service.asgi import ReviewsApp
from tests.service.hosts import SECRET, free_port, post_url, under_uvicorn


@contextmanager
def shop(folder: Path, **options: Any) -> Iterator[tuple[httpx2.Client, Reviews]]:
    """Serve an application that asks for whom `?asked_by=` says."""
    port = free_port()
    base_url = f"http://localhost:{port}"
    reviews = Reviews(f"sqlite:///{folder}/cases.db", SECRET, base_url=base_url, prefix="/hitl", **options)
    app = FastAPI()
    app.mount("/hitl", ReviewsApp(reviews))

    @app.post("/orders")
    async def order(asked_by: str | None = None, kind: str = "approval") -> JSONResponse:
        pin = {"key": "pin", "label": "PIN", "type": "text", "sensitive": True}
        question = approval("Ship order 7?") if kind == "approval" else form("Where to?", [pin])
        accepted = await reviews.ask(question, asked_by=asked_by)
        return JSONResponse(accepted.body, accepted.status, accepted.headers)

    with under_uvicorn(app, port) as client:
        yield client, reviews


def asked(client: httpx2.Client, **query: str) -> dict[str, Any]:
    return client.post("/orders", params=query).json()["hitl"]


def failing(error: BaseException) -> Callable[[Mapping[str, str]], str | None]:
    def authenticate(headers: Mapping[str, str]) -> str | None:
        raise error

    return authenticate


@pytest.mark.parametrize(
    ("authenticate", "status", "code"),
    [
        (failing(ValueError("the user table is gone")), 500, "internal_error"),
        (failing(Unauthorized()), 401, "unauthorized"),
        (failing(TimeoutError()), 503, "overloaded"),
        (lambda headers: True, 500, "internal_error"),
        (lambda headers: 1, 500, "internal_error"),
        (lambda headers: "\0", 422, "invalid_request"),
        (lambda headers: "", 422, "invalid_request"),
        (lambda headers: "a" * 101, 422, "invalid_request"),
        (lambda headers: "mallory", 404, "not_found"),
        (lambda headers: None, 401, "unauthorized"),
    ],
)
def test_what_does_not_say_whose_a_request_is_lets_nobody_in(tmp_path, authenticate, status, code):
    with shop(tmp_path, authenticate=authenticate) as (client, _):
        hitl = asked(client, asked_by="alice")
        for url in (hitl["poll_url"], hitl["events_url"]):
            refused = client.get(url)
            assert (refused.status_code, refused.json()["error"]) == (status, code)
            assert "user table" not in refused.text
        assert client.get(hitl["review_url"]).status_code == 200


def test_one_who_takes_long_to_say_it_keeps_nobody_else_waiting(tmp_path):
    entered, leave = threading.Event(), threading.Event()

    def authenticate(headers: Mapping[str, str]) -> str | None:
        if "x-slow" in headers:
            entered.set()
            assert leave.wait(20)
        return "alice"

    with shop(tmp_path, authenticate=authenticate) as (client, _):
        hitl = asked(client, asked_by="alice")
        answers: queue.Queue[int] = queue.Queue()

        def slowly() -> None:
            url = httpx2.URL(client.base_url).join(hitl["poll_url"])
            answers.put(httpx2.get(url, headers={"x-slow": "1"}, timeout=20, trust_env=False).status_code)

        waiting = threading.Thread(target=slowly)
        waiting.start()
        assert entered.wait(20)
        assert client.get(hitl["poll_url"]).status_code == 200
        assert client.get(hitl["review_url"]).status_code == 200
        leave.set()
        waiting.join()
        assert answers.get() == 200


async def cancelled_elsewhere(decision: CaseDecision) -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task


def leaves(decision: CaseDecision) -> None:
    raise SystemExit(3)


@pytest.mark.parametrize("misbehaves", [cancelled_elsewhere, leaves])
def test_a_handler_that_ends_in_its_own_way_is_called_again(tmp_path, misbehaves):
    got: queue.Queue[CaseDecision] = queue.Queue()
    first = iter([misbehaves])
    with shop(tmp_path) as (client, reviews):

        @reviews.on_decision
        async def decided(decision: CaseDecision) -> None:
            for one in first:
                result = one(decision)
                if result is not None:
                    await result
            got.put(decision)

        hitl = asked(client)
        client.post(post_url(hitl, "respond"), json={"action": "approve"})
        assert got.get(timeout=20).case_id == hitl["case_id"]
        assert client.get(hitl["poll_url"]).json()["status"] == "completed"


def test_logs_of_a_failing_handler_hold_no_answer(tmp_path, caplog):
    got: queue.Queue[str] = queue.Queue()
    with shop(tmp_path) as (client, reviews), caplog.at_level(logging.DEBUG):

        @reviews.on_decision
        def decided(decision: CaseDecision) -> None:
            got.put(decision.data["pin"])
            print(decision)
            raise ValueError(decision)

        hitl = asked(client, kind="form")
        answer = {"action": "submit", "data": {"pin": "81-47-19"}}
        assert client.post(post_url(hitl, "respond"), json=answer).status_code == 200
        assert [got.get(timeout=20), got.get(timeout=20)] == ["81-47-19"] * 2
    assert "decision_handler_failed" in caplog.text
    assert "81-47-19" not in caplog.text
