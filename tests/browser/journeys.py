"""What people do on pages of the real server, and what the agent gets."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.pages.samples import sample
from tests.servers import RunningServer


def ask(server: RunningServer, name: str, **context: Any) -> dict[str, Any]:
    """Make a case of a sample kind and return its hitl object."""
    content = sample(name).content
    body = {"type": content.type, "prompt": content.prompt, "context": {**content.context, **context}}
    return server.ask(body)


def result(server: RunningServer, hitl: dict[str, Any]) -> dict[str, Any]:
    """Return what the agent gets."""
    body = server.status(hitl)
    assert body["status"] == "completed", body
    given: dict[str, Any] = body["result"]
    return {"action": given["action"], "data": given["data"]}


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def expect_outcome(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
