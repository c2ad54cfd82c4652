"""The examples of the guide, run as they are printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.examples import blocks
from tests.service.hosts import SECRET, post_url

GUIDE = "docs/how-to/add-a-human-to-your-api.md"


def example_of_the_guide(
    index: int, port: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Run an example as a module and return its names; its database is in the folder."""
    monkeypatch.setenv("BASE_URL", f"http://localhost:{port}")
    monkeypatch.setenv("HITL_SECRET", SECRET)
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"__name__": "shop"}
    exec(compile(blocks(GUIDE, "python")[index], "guide", "exec"), names)
    return names


def ship_and_approve(client: httpx2.Client) -> None:
    """Call the example as an agent would, and answer as the human."""
    answer = client.post("/orders/7/ship")
    assert answer.status_code == 202, answer.text
    hitl = answer.json()["hitl"]
    assert client.get(hitl["review_url"]).status_code == 200
    assert client.post(post_url(hitl, "respond"), json={"action": "approve"}).status_code == 200
    assert client.get(hitl["poll_url"]).json()["status"] == "completed"
    assert client.get("/.well-known/hitl.json").status_code == 200
