"""The guide's examples and the README's, under the servers that they name."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.examples import CHECKOUT, blocks
from tests.service.guide import started
from tests.service.hosts import post_url

GUIDE = "docs/how-to/add-a-human-to-your-api.md"
UVICORN = "uvicorn shop:app --no-access-log --timeout-graceful-shutdown 5"
#: In the guide's order: FastAPI, Starlette, Flask, Django, Django under ASGI.
COMMANDS = (UVICORN, UVICORN, "gunicorn -w 4 --threads 8 shop:app", "waitress-serve shop:app", UVICORN)


def ship_and_approve(client: httpx2.Client) -> None:
    """Call the example as an agent would, and answer as the human."""
    answer = client.post("/orders/7/ship")
    assert answer.status_code == 202, answer.text
    hitl = answer.json()["hitl"]
    assert client.get(hitl["review_url"]).status_code == 200
    assert client.get(hitl["poll_url"]).json()["status"] == "pending"
    assert client.post(post_url(hitl, "respond"), json={"action": "approve"}).status_code == 200
    assert client.get(hitl["poll_url"]).json()["status"] == "completed"


def test_every_example_of_the_guide_is_run() -> None:
    assert len(blocks(GUIDE, "python")) == len(COMMANDS)
    text = (CHECKOUT / GUIDE).read_text(encoding="utf-8")
    assert {command for command in COMMANDS if f"\n    {command}\n" not in text} == set()


@pytest.mark.parametrize("index", range(len(COMMANDS)))
def test_the_examples_of_the_guide_run_as_printed(tmp_path: Path, index: int) -> None:
    with started(blocks(GUIDE, "python")[index], COMMANDS[index], tmp_path) as shop:
        ship_and_approve(shop.client)
        assert shop.client.post("/orders/7/ship").status_code == 202  # asked again, it is the same case
        told = shop.client.get("/.well-known/hitl.json").json()
        assert told == shop.client.get("/hitl/.well-known/hitl.json").json()
        assert shop.client.get("/nowhere").status_code == 404
        if index == 0:
            assert "shipping order 7\n" in iter(shop.output.readline, "")


def test_the_service_of_the_readme_runs_as_printed(tmp_path: Path) -> None:
    with started(blocks("README.md", "python")[1], "uvicorn shop:app", tmp_path) as shop:
        ship_and_approve(shop.client)
        assert "approve 7\n" in iter(shop.output.readline, "")
