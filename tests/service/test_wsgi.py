"""A web service on WSGI asks a human, under a real WSGI server."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from flask import Flask, jsonify

from openhitl.errors import StillOpen
from openhitl.service import Reviews, approval
from openhitl.service.wsgi import ReviewsWsgi
from tests.service.hosts import SECRET, free_port, post_url, under_waitress


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def reviews(tmp_path: Path, port: int) -> Iterator[Reviews]:
    base_url = f"http://localhost:{port}"
    reviews = Reviews(f"sqlite:///{tmp_path}/cases.db", SECRET, base_url=base_url, prefix="/hitl")
    yield reviews
    asyncio.run(reviews.close())


@pytest.fixture
def shop(reviews: Reviews, port: int) -> Iterator[httpx2.Client]:
    app = Flask(__name__)
    app.wsgi_app = ReviewsWsgi(reviews, app.wsgi_app)  # type: ignore[method-assign]

    @app.post("/orders")
    def order():
        accepted = reviews.ask_sync(approval("Ship order 7?"))
        return jsonify(accepted.body), accepted.status, dict(accepted.headers)

    with under_waitress(app, port) as client:
        yield client


def test_a_question_is_answered_through_an_html_form(shop, reviews):
    hitl = shop.post("/orders").json()["hitl"]
    assert "events_url" not in hitl
    page = shop.get(hitl["review_url"], headers={"accept": "text/html"})
    assert "Ship order 7?" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    with pytest.raises(StillOpen):
        reviews.decision_sync(hitl["case_id"], timedelta(milliseconds=20))
    posted = shop.post(post_url(hitl, "respond"), data={"action": "approve", "submission_id": "x"})
    assert posted.status_code == 303
    assert posted.headers["location"].startswith("/hitl/review/")
    assert reviews.decision_sync(hitl["case_id"], timedelta(seconds=20)).approved


def test_polls_answer_as_on_asgi(shop):
    hitl = shop.post("/orders").json()["hitl"]
    first = shop.get(hitl["poll_url"])
    assert (first.status_code, first.headers["etag"]) == (200, '"v1-pending"')
    again = shop.get(hitl["poll_url"], headers={"if-none-match": '"v1-pending"'})
    assert (again.status_code, again.content) == (304, b"")
    head = shop.head(hitl["poll_url"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]
    assert shop.get(hitl["poll_url"].partition("?")[0]).status_code == 401


def test_there_are_no_event_streams_and_none_are_claimed(shop):
    hitl = shop.post("/orders").json()["hitl"]
    assert shop.get(hitl["poll_url"].replace("/status", "/events")).status_code == 404
    told = shop.get("/hitl/.well-known/hitl.json").json()["hitl_protocol"]
    assert told["capabilities"]["transports"] == ["polling", "callback"]
    assert "events_base" not in told["endpoints"]


def test_what_is_not_ours_is_the_service_s(shop):
    assert shop.get("/nowhere").status_code == 404
    assert "text/html" in shop.get("/review/x").headers["content-type"]  # Flask's own page: no prefix
    assert shop.get("/hitl/nowhere").headers["content-type"].startswith("text/html")
    assert shop.put("/hitl/review/x").json()["error"] == "method_not_allowed"


def test_a_body_that_is_too_large_is_refused(shop):
    hitl = shop.post("/orders").json()["hitl"]
    refused = shop.post(post_url(hitl, "respond"), content=b" " * (1024 * 1024 + 1))
    assert refused.status_code == 413


def test_a_part_of_an_answer_is_not_taken_for_the_answer(shop, reviews):
    """As of a server that hands over what came before the client left."""
    hitl = shop.post("/orders").json()["hitl"]
    body = b'{"action": "approve"}'
    address = httpx2.URL(post_url(hitl, "respond"))
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": address.path,
        "QUERY_STRING": address.query.decode(),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body) + 1),
        "wsgi.input": io.BytesIO(body),
    }
    said: list[str] = []
    ReviewsWsgi(reviews)(environ, lambda status, headers: said.append(status))
    assert said == ["400 Bad Request"]
    assert shop.get(hitl["poll_url"]).json()["status"] == "pending"


def run_program(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


def test_after_a_fork_each_process_has_cases_of_its_own(tmp_path):
    """As under a server that loads the application before it forks."""
    run = run_program(f"""
import os
from datetime import timedelta
from openhitl.service import Reviews, approval
from openhitl.service.wsgi import ReviewsWsgi
reviews = Reviews("sqlite:///{tmp_path}/cases.db", "{SECRET}", base_url="http://localhost:1")
ReviewsWsgi(reviews)
reading, writing = os.pipe()
if os.fork():
    case_id = os.read(reading, 100).decode()
    reviews.cancel_sync(case_id, "by the parent")
    os.wait()
else:
    case_id = reviews.ask_sync(approval("In the child?")).case_id
    os.write(writing, case_id.encode())
    print(reviews.decision_sync(case_id, timedelta(seconds=20)).reason, flush=True)
    os._exit(0)
""")
    assert (run.returncode, run.stdout) == (0, "by the parent\n"), run.stderr


def test_what_was_open_before_a_fork_is_not_used_after_it(tmp_path):
    """SQLite "How To Corrupt An SQLite Database File" §2.6: writes of the child would be lost."""
    run = run_program(f"""
import asyncio, os
from openhitl.errors import SetupError
from openhitl.service import Reviews, approval
from openhitl.service.wsgi import ReviewsWsgi
reviews = Reviews("sqlite:///{tmp_path}/cases.db", "{SECRET}", base_url="http://localhost:1")
ReviewsWsgi(reviews)
reviews.ask_sync(approval("Too early?"))
if os.fork():
    os.wait()
    asyncio.run(reviews.close())
    if not os.fork():
        print(reviews.ask_sync(approval("After all was closed?")).status, flush=True)
        os._exit(0)
    os.wait()
else:
    try:
        reviews.ask_sync(approval("In the child?"))
    except SetupError as error:
        print(error.message, flush=True)
    os._exit(0)
""")
    refused, asked = run.stdout.splitlines()
    assert ("forked" in refused, asked) == (True, "202"), run.stderr
