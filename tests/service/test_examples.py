"""The four example services under their real servers, with the curl lines of the reference services."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest
from examples.services.__main__ import PORTS

from tests.door.test_curl_lines import INLINE_FLOW, STANDARD_FLOW, shell
from tests.examples import CHECKOUT
from tests.service.hosts import post_url
from tests.service.started import example_services

#: The lines that start each of the protocol's reference services.
STARTED = """
curl -X POST 'http://localhost:3456/api/demo?type=selection'
curl -X POST 'http://localhost:3457/api/demo?type=selection'
curl -X POST 'http://localhost:3459/api/demo?type=selection'
curl -X POST 'http://localhost:3458/api/demo?type=selection'
"""
ON_ASGI = ("fastapi", "starlette")


@pytest.fixture(scope="module", autouse=True)
def services() -> Iterator[None]:
    with example_services(*PORTS):
        yield


@pytest.fixture(params=PORTS)
def client(request: pytest.FixtureRequest) -> Iterator[httpx2.Client]:
    base_url = f"http://localhost:{PORTS[request.param]}"
    with httpx2.Client(base_url=base_url, timeout=20, trust_env=False) as client:
        yield client


def ask(client: httpx2.Client, review_type: str) -> dict:
    response = client.post("/api/demo", params={"type": review_type})
    assert (response.status_code, response.headers["retry-after"]) == (202, "30")
    return response.json()["hitl"]


def test_each_is_there_when_it_is_started():
    assert [one["hitl"]["type"] for one in shell(STARTED)] == ["selection"] * 4


@pytest.mark.parametrize("port", PORTS.values())
def test_the_standard_flow_runs_as_printed(port):
    created, pending, answered, completed = shell(STANDARD_FLOW.replace("3456", str(port)))
    assert created["status"] == "human_input_required"
    assert pending["status"] == "pending"
    assert answered["status"] == "completed"
    assert completed["result"]["data"]["selected"] == ["job_001", "job_003"]


@pytest.mark.parametrize("port", PORTS.values())
def test_the_inline_flow_runs_as_printed(port):
    answered, completed = shell(INLINE_FLOW.replace("3456", str(port)))
    assert answered["status"] == "completed"
    assert completed["result"]["action"] == "confirm"


@pytest.mark.parametrize("review_type", ["selection", "approval", "input", "confirmation", "escalation"])
def test_every_type_has_a_page(client, review_type):
    hitl = ask(client, review_type)
    assert hitl["type"] == review_type
    page = client.get(hitl["review_url"])
    assert page.status_code == 200
    assert client.get(hitl["review_url"].partition("?")[0]).status_code == 401
    assert client.get(hitl["review_url"].replace(hitl["case_id"], "review_x")).status_code in (401, 404)


def test_an_answer_is_given_once(client):
    hitl = ask(client, "approval")
    assert client.post(post_url(hitl, "respond"), json={"action": "reject"}).status_code == 200
    assert client.post(post_url(hitl, "respond"), json={"action": "approve"}).status_code == 409


def test_an_action_that_is_not_inline_is_sent_to_the_page(client):
    """HITL v0.8 §7.5."""
    hitl = ask(client, "approval")
    bearer = {"authorization": f"Bearer {hitl['submit_token']}"}
    refused = client.post(hitl["submit_url"], json={"action": "edit"}, headers=bearer)
    assert (refused.status_code, refused.json()["review_url"]) == (403, hitl["review_url"])


def test_polls_have_an_etag_and_a_rate(client):
    """HITL v0.8 §8."""
    hitl = ask(client, "selection")
    first = client.get(hitl["poll_url"])
    unchanged = {"if-none-match": first.headers["etag"]}
    assert client.get(hitl["poll_url"], headers=unchanged).status_code == 304
    codes = {client.get(hitl["poll_url"], headers=unchanged).status_code for _ in range(60)}
    assert codes == {304, 429}


def test_a_type_that_is_none_is_refused(client):
    refused = client.post("/api/demo?type=poem")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_type")


@pytest.mark.parametrize("name", ON_ASGI)
def test_events_are_streamed(name):
    with httpx2.Client(base_url=f"http://localhost:{PORTS[name]}", timeout=20, trust_env=False) as client:
        hitl = ask(client, "escalation")
        assert client.post(post_url(hitl, "respond"), json={"action": "skip"}).status_code == 200
        events = client.get(hitl["events_url"]).text
    assert "event: review.completed" in events


@pytest.mark.parametrize("name", PORTS)
def test_the_conformance_test_passes(name):
    """Demo cases take submits of nobody in particular, so that they can be tried with curl."""
    command = [
        sys.executable,
        "-m",
        "openhitl.cli",
        "conformance",
        f"http://localhost:{PORTS[name]}",
        "--json",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    checks = json.loads(ended.stdout)["checks"]
    failed = [one["id"] for one in checks if one["verdict"] == "failed"]
    assert (ended.returncode, failed) == (0, ["inline_submit.says_who"]), ended.stdout
    assert any(one["area"] == "event_stream" and one["verdict"] == "passed" for one in checks) is (
        name in ON_ASGI
    )


def test_what_is_no_example_is_said():
    command = [sys.executable, "-m", "examples.services", "express"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=CHECKOUT)
    assert (ended.returncode, "There is no example express" in ended.stderr) == (2, True)
