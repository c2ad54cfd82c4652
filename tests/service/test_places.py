"""Where services live: below odd prefixes, behind proxies, on several event loops."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route

from openhitl.errors import SetupError
from openhitl.service import Reviews, approval
from openhitl.service.asgi import ReviewsApp
from openhitl.service.wsgi import ReviewsWsgi
from tests.service.hosts import SECRET, free_port, post_url, under_uvicorn, under_waitress


def reviews_at(folder: Path, port: int, prefix: str) -> Reviews:
    return Reviews(f"sqlite:///{folder}/cases.db", SECRET, base_url=f"http://localhost:{port}", prefix=prefix)


def asking(reviews: Reviews) -> Route:
    async def order(request: object) -> JSONResponse:
        accepted = await reviews.ask(approval("Ship order 7?"))
        return JSONResponse(accepted.body, accepted.status, accepted.headers)

    return Route("/orders", order, methods=["POST"])


def approve(client: httpx2.Client, hitl: dict[str, Any]) -> None:
    assert client.get(hitl["review_url"]).status_code == 200
    answer = {"action": "approve", "submission_id": "x"}
    posted = client.post(post_url(hitl, "respond"), data=answer)
    assert posted.status_code == 303
    page = client.get(posted.headers["location"])
    assert (page.status_code, "Approved" in page.text) == (200, True)
    assert client.get(hitl["poll_url"]).json()["status"] == "completed"


@pytest.mark.parametrize("prefix", ["", "/hitl", "/api/v2/hitl", "/~ops/a.b-c_d", "/review", "/api/reviews"])
def test_any_prefix_that_is_one_serves_the_whole_way(tmp_path, prefix):
    port = free_port()
    reviews = reviews_at(tmp_path, port, prefix)
    app = Starlette(routes=[asking(reviews), Mount(prefix or "/", app=ReviewsApp(reviews))])
    with under_uvicorn(app, port) as client:
        approve(client, client.post("/orders").json()["hitl"])


@pytest.mark.parametrize(
    "prefix",
    [
        *("hitl", "/hitl/", "/", "//hitl", "/a//b", "/a/../b", "/.", "/..", "/a b", "/a%20b", "/a?x=1"),
        *("/a#x", "/h\u00e4tl", "/hitl\n", "/{x}", "/<int:x>", "/a;b", "/a\\b", "/@evil", "/\u202e"),
    ],
)
def test_a_prefix_that_would_mean_different_things_is_refused(tmp_path, prefix):
    with pytest.raises(SetupError):
        reviews_at(tmp_path, 1, prefix)


def in_front(reviews: Reviews) -> ReviewsApp:
    """Put the routes in front of an application that answers everything else."""

    async def other(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"theirs: {request.url.path}")

    return ReviewsApp(reviews, Starlette(routes=[asking(reviews), Route("/{path:path}", other)]))


@pytest.mark.parametrize(("prefix", "root_path"), [("/hitl", ""), ("/hitl", "/app"), ("", ""), ("", "/app")])
def test_in_front_of_others_what_is_not_ours_is_theirs(tmp_path, prefix, root_path):
    port = free_port()
    reviews = Reviews(
        f"sqlite:///{tmp_path}/cases.db",
        SECRET,
        base_url=f"http://localhost:{port}{root_path}",
        prefix=prefix,
    )
    served = in_front(reviews)

    async def behind_a_proxy(scope: Any, receive: Any, send: Any) -> None:
        """Leave the path as it is and say which part of it is the proxy's, as uvicorn does."""
        await served({**scope, "root_path": root_path}, receive, send)

    with under_uvicorn(behind_a_proxy, port) as client:
        hitl = client.post(f"{root_path}/orders").json()["hitl"]
        ours = re.search(r'src="([^"]*/static/page[^"]+)"', client.get(hitl["review_url"]).text)[1]
        assert client.get(ours).headers["content-type"].startswith("text/javascript")
        approve(client, hitl)
        beside = f"{prefix or '/'}x/review/y"
        files = ("/static", "/static/site.css", f"{prefix}/static/page.js")
        for theirs in ("/nowhere", *files, "/review", f"{prefix}/api/v1/reviews", beside):
            assert client.get(root_path + theirs).text == f"theirs: {root_path}{theirs}"
        assert client.put(f"{root_path}{prefix}/review/x").json()["error"] == "method_not_allowed"


def test_what_a_proxy_or_a_caller_says_changes_no_address(tmp_path):
    lies = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "x-forwarded-prefix": "/evil",
        "x-forwarded-for": "192.0.2.1",
        "forwarded": "host=evil.example;proto=https",
        "x-original-url": "/evil",
    }
    port = free_port()
    reviews = reviews_at(tmp_path, port, "/hitl")
    app = Starlette(routes=[asking(reviews), Mount("/hitl", app=ReviewsApp(reviews))])
    with under_uvicorn(app, port) as client:
        response = client.post("/orders", headers=lies)
        assert "evil" not in response.text
        hitl = response.json()["hitl"]
        assert hitl["review_url"].startswith(f"http://localhost:{port}/hitl/review/")
        answer = {"action": "approve", "submission_id": "x"}
        posted = client.post(post_url(hitl, "respond"), data=answer, headers=lies)
        assert posted.headers["location"].startswith("/hitl/review/")
        for path in (hitl["review_url"], hitl["poll_url"], "/hitl/.well-known/hitl.json"):
            assert "evil" not in client.get(path, headers=lies).text


@contextmanager
def loop_on_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_who_asked_first_on_another_loop_is_served_by_this_one(tmp_path):
    port = free_port()
    reviews = reviews_at(tmp_path, port, "/hitl")
    app = Starlette(routes=[asking(reviews), Mount("/hitl", app=ReviewsApp(reviews))])
    with loop_on_a_thread() as loop, under_uvicorn(app, port) as client:
        first = asyncio.run_coroutine_threadsafe(reviews.ask(approval("Ship order 6?")), loop).result(20)
        hitl = client.post("/orders").json()["hitl"]
        with client.stream("GET", hitl["events_url"]) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(("event:", "retry:", "id:"))
            approve(client, dict(first.body["hitl"]))
            approve(client, hitl)
            assert "event: review.completed" in lines
        assert reviews.decision_sync(hitl["case_id"], timedelta(seconds=20)).approved
        asyncio.run_coroutine_threadsafe(reviews.close(), loop).result(20)


def test_asked_on_a_plain_thread_first(tmp_path):
    port = free_port()
    reviews = reviews_at(tmp_path, port, "/hitl")
    accepted = reviews.ask_sync(approval("Ship order 6?"))
    app = Starlette(routes=[asking(reviews), Mount("/hitl", app=ReviewsApp(reviews))])
    with under_uvicorn(app, port) as client:
        approve(client, dict(accepted.body["hitl"]))
    asyncio.run(reviews.close())


def test_two_processes_worth_of_cases_on_one_file_agree_at_once(tmp_path):
    """A poll is never behind what another process has told somebody."""
    ports = free_port(), free_port()
    both = [reviews_at(tmp_path, ports[0], "/hitl") for _ in ports]
    apps = [Starlette(routes=[asking(one), Mount("/hitl", app=ReviewsApp(one))]) for one in both]
    with under_uvicorn(apps[0], ports[0]) as here, under_uvicorn(apps[1], ports[1]) as there:
        for _ in range(10):
            hitl = here.post("/orders").json()["hitl"]
            elsewhere = httpx2.URL(hitl["poll_url"]).copy_with(port=ports[1])
            assert there.get(elsewhere).json()["status"] == "pending"
            assert here.post(post_url(hitl, "respond"), json={"action": "approve"}).status_code == 200
            assert there.get(elsewhere).json()["status"] == "completed"
        left, reset = counted(hitl, (here, there, here))
        if reset != sorted(reset, reverse=True):  # a new minute had begun, which counts anew
            left, _ = counted(hitl, (here, there, here))
        assert left == sorted(left, reverse=True)
        assert len(set(left)) == len(left)


def counted(hitl: dict[str, Any], clients: Iterable[httpx2.Client]) -> tuple[list[int], list[int]]:
    """Poll at each; return how many polls each says are left, and in how many seconds a minute begins."""
    told = [
        client.get(httpx2.URL(hitl["poll_url"]).copy_with(port=client.base_url.port)).headers
        for client in clients
    ]
    left = [int(headers["x-ratelimit-remaining"]) for headers in told]
    return left, [int(headers["x-ratelimit-reset"]) for headers in told]


def test_under_wsgi_below_a_proxy_s_path(tmp_path):
    port = free_port()
    reviews = Reviews(
        f"sqlite:///{tmp_path}/cases.db", SECRET, base_url=f"http://localhost:{port}/app", prefix="/hitl"
    )
    served = ReviewsWsgi(reviews)

    def behind_a_proxy(environ: Any, start_response: Any) -> Any:
        environ["SCRIPT_NAME"] = "/app"
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/app")
        return served(environ, start_response)

    with under_waitress(behind_a_proxy, port) as client:
        approve(client, dict(reviews.ask_sync(approval("Ship order 7?")).body["hitl"]))
    asyncio.run(reviews.close())
