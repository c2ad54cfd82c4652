"""A web service on ASGI asks a human: its own endpoint, our routes below its prefix."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse

from openhitl.errors import HitlError
from openhitl.review.pages import page_headers
from openhitl.service import CaseDecision, Reviews, Theme, approval, form, refusal
from openhitl.service.asgi import ReviewsApp
from tests.service.hosts import SECRET, free_port, post_url, under_uvicorn

PEOPLE = {"key-of-alice": "alice", "key-of-mallory": "mallory"}
ALICE = {"x-service-key": "key-of-alice"}


def who(headers: Mapping[str, str]) -> str | None:
    return PEOPLE.get(headers.get("x-service-key", ""))


@dataclass
class Shop:
    """A service under test: its client, its cases, and what its handler was given."""

    client: httpx2.Client
    reviews: Reviews
    decided: list[CaseDecision] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)

    def ask(self, **query: str) -> dict[str, Any]:
        response = self.client.post("/orders", params=query)
        assert response.status_code == 202, response.text
        assert response.headers["retry-after"] == "30"
        return response.json()["hitl"]


def reviews_in(folder: Path, port: int, **options: Any) -> Reviews:
    base_url = f"http://localhost:{port}"
    return Reviews(f"sqlite:///{folder}/cases.db", SECRET, base_url=base_url, prefix="/hitl", **options)


def shop_app(reviews: Reviews) -> FastAPI:
    app = FastAPI()
    app.mount("/hitl", ReviewsApp(reviews))

    @app.post("/orders")
    async def order(
        asked_by: str | None = None, key: str | None = None, kind: str = "approval"
    ) -> JSONResponse:
        question = (
            approval("Ship order 7?", "1 anvil", metadata={"order": 7}, timeout=timedelta(hours=1))
            if kind == "approval"
            else form("Where to?", [{"key": "pin", "label": "PIN", "type": "text", "sensitive": True}])
        )
        accepted = await reviews.ask(question, asked_by=asked_by, idempotency_key=key)
        return JSONResponse(accepted.body, accepted.status, headers=dict(accepted.headers))

    @app.post("/threads")
    def ordered_on_a_thread() -> JSONResponse:
        accepted = reviews.ask_sync(approval("Ship order 8?"))
        return JSONResponse(accepted.body, accepted.status)

    @app.get("/wait/{case_id}")
    async def wait(case_id: str) -> dict[str, Any]:
        decision = await reviews.decision(case_id)
        return {"action": decision.action, "order": decision.metadata.get("order")}

    @app.get("/peek/{case_id}")
    def peek(case_id: str) -> dict[str, Any]:
        return {"action": reviews.decision_sync(case_id, timedelta(milliseconds=50)).action}

    @app.exception_handler(HitlError)
    async def refused(request: object, error: HitlError) -> JSONResponse:
        reply = refusal(error)
        return JSONResponse(reply.body, reply.status, headers=dict(reply.headers))

    return app


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    yield from _shop(tmp_path)


@pytest.fixture
def shop_with_accounts(tmp_path: Path) -> Iterator[Shop]:
    yield from _shop(tmp_path, authenticate=who)


def _shop(folder: Path, **options: Any) -> Iterator[Shop]:
    port = free_port()
    base_url = f"http://localhost:{port}"
    reviews = Reviews(
        f"sqlite:///{folder}/cases.db",
        SECRET,
        base_url=base_url,
        prefix="/hitl",
        name="Anvil shop",
        **options,
    )
    with under_uvicorn(shop_app(reviews), port) as client:
        shop = Shop(client, reviews)

        @reviews.on_decision
        async def decided(decision: CaseDecision) -> None:
            if shop.failures:
                raise shop.failures.pop()
            shop.decided.append(decision)
            shop.told.set()

        yield shop


def test_a_question_is_answered_on_the_service_s_own_page(shop):
    hitl = shop.ask()
    assert httpx2.URL(hitl["review_url"]).path == f"/hitl/review/{hitl['case_id']}"
    page = shop.client.get(hitl["review_url"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Ship order 7?" in page.text
    assert "Anvil shop" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    answered = shop.client.post(post_url(hitl, "respond"), json={"action": "approve"})
    assert (answered.status_code, answered.json()["status"]) == (200, "completed")
    assert shop.client.post(post_url(hitl, "respond"), json={"action": "reject"}).status_code == 409
    poll = shop.client.get(hitl["poll_url"])
    assert poll.json()["result"]["action"] == "approve"
    assert shop.client.get(f"/wait/{hitl['case_id']}").json() == {"action": "approve", "order": 7}
    assert shop.told.wait(20)
    assert [(one.case_id, one.action, one.metadata) for one in shop.decided] == [
        (hitl["case_id"], "approve", {"order": 7})
    ]


def test_the_page_loads_what_it_needs_from_below_the_prefix(shop):
    page = shop.client.get(shop.ask()["review_url"], headers={"accept": "text/html"}).text
    names = [part.split('"')[0] for part in page.split('href="')[1:] if "/static/" in part.split('"')[0]]
    assert names
    assert all(name.startswith("/hitl/static/") for name in names)
    assert {shop.client.get(name).status_code for name in names} == {200}


def test_without_accounts_poll_addresses_carry_a_token(shop):
    for hitl in (shop.ask(), shop.ask(asked_by="alice")):
        assert shop.client.get(hitl["poll_url"]).status_code == 200
        bare = hitl["poll_url"].partition("?")[0]
        assert shop.client.get(bare).status_code == 401
        assert shop.client.get(f"{bare}?token=hitlp_{'A' * 43}").status_code == 401


def test_a_header_of_the_service_s_own_login_is_no_key_of_ours(shop):
    poll_url = shop.ask()["poll_url"]
    assert shop.client.get(poll_url, headers={"authorization": "Bearer of-the-shop"}).status_code == 200
    bare = poll_url.partition("?")[0]
    assert shop.client.get(bare, headers={"x-api-key": "of-the-shop"}).status_code == 401


def test_with_accounts_only_the_asker_s_own_login_polls(shop_with_accounts):
    shop = shop_with_accounts
    hitl = shop.ask(asked_by="alice")
    assert "token" not in hitl["poll_url"]
    assert "token" not in hitl["events_url"]
    assert shop.client.get(hitl["poll_url"]).status_code == 401
    assert shop.client.get(hitl["poll_url"], headers=ALICE).json()["status"] == "pending"
    mallory = shop.client.get(hitl["poll_url"], headers={"x-service-key": "key-of-mallory"})
    assert mallory.status_code == 404
    nobody_s = shop.ask()
    assert shop.client.get(nobody_s["poll_url"]).status_code == 200
    assert shop.client.get(nobody_s["poll_url"].partition("?")[0], headers=ALICE).status_code == 401


def test_events_are_streamed_to_the_end(shop):
    hitl = shop.ask()
    with shop.client.stream("GET", hitl["events_url"]) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: review.pending"
        reject = {"reason": "Not today."}
        answer = httpx2.post(
            hitl["review_url"].replace("/review/", "/reviews/").replace("?", "/cancel?"), json=reject
        )
        assert answer.status_code == 200
        assert [line for line in lines if line.startswith("event:")] == ["event: review.cancelled"]


def test_a_submit_token_answers_inline(shop):
    hitl = shop.ask()
    by = {"platform": "telegram", "platform_user_id": "7"}
    answered = shop.client.post(
        hitl["submit_url"],
        headers={"authorization": f"Bearer {hitl['submit_token']}"},
        json={"action": "reject", "submitted_via": "telegram_inline_button", "submitted_by": by},
    )
    assert answered.status_code == 200, answered.text


def test_discovery_claims_only_what_is_there(shop):
    told = shop.client.get("/hitl/.well-known/hitl.json").json()
    assert told == shop.reviews.discovery()
    described = told["hitl_protocol"]
    assert described["service"]["name"] == "Anvil shop"
    assert "sse" in described["capabilities"]["transports"]
    assert "authentication" not in described
    assert shop.client.post("/hitl/api/v1/reviews", json={}).status_code == 404
    assert shop.client.post("/hitl/api/demo").status_code == 404


def test_a_handler_that_fails_is_called_again(shop):
    shop.failures.append(ValueError("the warehouse is closed"))
    hitl = shop.ask()
    shop.client.post(post_url(hitl, "respond"), json={"action": "approve"})
    assert shop.told.wait(20)
    assert [one.case_id for one in shop.decided] == [hitl["case_id"]]
    assert shop.failures == []


def test_a_business_id_asks_once(shop):
    first, again = shop.ask(key="order-7"), shop.ask(key="order-7")
    assert first == again
    assert shop.client.post("/orders", params={"key": "order-7", "kind": "form"}).status_code == 422
    assert shop.client.post("/orders", params={"key": "k" * 256}).json()["error"] == "invalid_request"


def test_the_first_request_may_come_on_a_thread(shop):
    hitl = shop.client.post("/threads").json()["hitl"]
    assert shop.client.get(hitl["poll_url"]).json()["status"] == "pending"
    assert shop.client.get(f"/peek/{hitl['case_id']}").json()["error"] == "still_open"


def test_a_case_that_is_not_there(shop):
    assert shop.client.get("/wait/review_x").json()["error"] == "not_found"


def test_nothing_is_lost_when_the_server_is_started_again(tmp_path):
    port = free_port()
    reviews = Reviews(
        f"sqlite:///{tmp_path}/cases.db", SECRET, base_url=f"http://localhost:{port}", prefix="/hitl"
    )
    app = shop_app(reviews)
    with under_uvicorn(app, port) as client:
        hitl = client.post("/orders").json()["hitl"]
    with under_uvicorn(app, port) as client:
        assert client.get(hitl["poll_url"]).json()["status"] == "pending"


def test_a_callback_wants_somebody_to_sign_for(tmp_path):
    reviews = Reviews(f"sqlite:///{tmp_path}/cases.db", SECRET, base_url="http://localhost:1")

    async def use() -> None:
        with pytest.raises(HitlError, match="asked_by"):
            await reviews.ask(approval("Go?"), callback_url="https://agent.example/hook")
        accepted = await reviews.ask(
            approval("Go?"), asked_by="alice", callback_url="https://agent.example/hook"
        )
        assert accepted.body["hitl"]["callback_url"] == "https://agent.example/hook"
        assert (await reviews.callback_secret("alice")).startswith("whsec_")
        await reviews.cancel(accepted.case_id, "Done otherwise.")
        assert (await reviews.decision(accepted.case_id)).reason == "Done otherwise."
        await reviews.close()

    asyncio.run(use())


def test_a_theme_changes_the_look_and_no_header(tmp_path):
    port = free_port()
    block = "<p>{{ name }}</p><img src={{ logo }}>"
    theme = Theme(accent="#8a1f66", logo="data:image/svg+xml;base64,PHN2Zy8+", block=block)
    reviews = reviews_in(tmp_path, port, name="Anvil shop", theme=theme)
    with under_uvicorn(shop_app(reviews), port) as client:
        page = client.get(client.post("/orders").json()["hitl"]["review_url"])
        assert "<p>Anvil shop</p>" in page.text
        assert {name: page.headers[name] for name in page_headers()} == dict(page_headers())
        for name in theme.files:
            assert f"/hitl/static/{name}" in page.text
            assert client.get(f"/hitl/static/{name}").status_code == 200
        missing = client.get("/hitl/review/x?token=y", headers={"accept": "text/html"})
        assert (missing.status_code, "<p>Anvil shop</p>" in missing.text) == (401, True)
