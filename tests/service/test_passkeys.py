"""A web service asks for passkeys on its own pages, below its own prefix. HITL v0.8 §7.6."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from openhitl.errors import InvalidRequest
from openhitl.service import Reviews, approval
from openhitl.service.asgi import ReviewsApp
from tests.evidence.authenticator import Authenticator
from tests.evidence.policies import evidence, policy
from tests.service.hosts import SECRET, free_port, post_url, under_uvicorn

APPROVE = {"action": "approve"}


def shop(reviews: Reviews) -> Starlette:
    async def order(request: object) -> JSONResponse:
        question = approval("Ship order 7?", verification_policy=policy())
        return JSONResponse((await reviews.ask(question)).body, 202)

    async def invite(request: object) -> JSONResponse:
        return JSONResponse({"link": await reviews.passkey_link("Alice")})

    routes = [
        Route("/orders", order, methods=["POST"]),
        Route("/invite", invite, methods=["POST"]),
        Mount("/hitl", app=ReviewsApp(reviews)),
    ]
    return Starlette(routes=routes)


def test_an_order_is_approved_with_a_passkey(tmp_path: Path) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    reviews = Reviews(f"sqlite:///{tmp_path}/cases.db", SECRET, base_url=origin, prefix="/hitl")
    with under_uvicorn(shop(reviews), port) as client:
        link = client.post("/invite").json()["link"]
        assert link.startswith(f"{origin}/hitl/passkey?token=")
        page = client.get(link).text
        assert f'data-target="/hitl/passkey?token={link.partition("token=")[2]}"' in page
        options = json.loads(unescape(re.search(r'data-options="([^"]+)"', page)[1]))
        device = Authenticator(origin=origin, rp_id="localhost")
        assert client.post(link, json={"credential": device.register(options)}).status_code == 201
        hitl = client.post("/orders").json()["hitl"]
        assert (
            "/hitl/reviews/" in re.search(r'data-challenge="([^"]+)"', client.get(hitl["review_url"]).text)[1]
        )
        assert client.post(post_url(hitl, "respond"), json=APPROVE).status_code == 403
        asked = client.post(post_url(hitl, "challenge"), json=APPROVE).json()
        pieces = [evidence(device.sign(asked["passkey"]), asked["challenge"])]
        taken = client.post(post_url(hitl, "respond"), json={**APPROVE, "verification_evidence": pieces})
        assert taken.status_code == 200, taken.text
        told = client.get(hitl["poll_url"]).json()
        assert told["submission_context"]["verification_result"]["satisfied"]
        assert told["responded_by"] == {"name": "Alice"}


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\x07"])
def test_a_name_is_one_that_can_be_read(tmp_path: Path, name: str) -> None:
    reviews = Reviews(f"sqlite:///{tmp_path}/cases.db", SECRET, base_url="http://localhost:1")
    reviews.without_streams()
    with pytest.raises(InvalidRequest):
        reviews.passkey_link_sync(name)
