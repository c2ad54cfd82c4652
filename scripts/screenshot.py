"""Draw docs/images/approval.png: a real page of a real server. `python -m scripts.screenshot`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import ViewportSize, sync_playwright

from openhitl import EmbeddedServer, Settings
from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "approval.png"
SIZE: ViewportSize = {"width": 980, "height": 860}
QUESTION: dict[str, Any] = {
    "type": "approval",
    "prompt": "Deploy web-shop 2.1.0 to production?",
    "timeout": "30m",
    "default_action": "reject",
    "context": {
        "risk": {"level": "high", "reasons": ["It migrates the database.", "It is Friday."]},
        "consequences": {
            "approve": "The rollout starts at once, with a tenth of the traffic.",
            "deny": "2.0.3 stays in production.",
            "expire": "2.0.3 stays in production.",
        },
        "artifact": {
            "title": "Changes since 2.0.3",
            "format": "markdown",
            "content": "- Checkout **retries** failed payments\n- Search has a new index\n"
            "- Orders can carry a note\n",
        },
        "diff": " replicas: 12\n-image: web-shop:2.0.3\n+image: web-shop:2.1.0\n+migrate: 0042_order_note\n",
    },
}


def main() -> None:
    """Ask, open the page, and take its picture."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), port=0)
        key = new_key(settings, "release-bot", ActorKind.AGENT)
        with EmbeddedServer(settings) as server:
            draw(ask(server.url, key))


def ask(server_url: str, key: str) -> str:
    """Ask the question and return the address of its page."""
    headers = {"authorization": f"Bearer {key}"}
    answer = httpx2.post(f"{server_url}/api/v1/reviews", json=QUESTION, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["hitl"]["review_url"])


def draw(review_url: str) -> None:
    """Take a picture of the page as it first appears."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC")
        page.goto(review_url)
        page.screenshot(path=IMAGE)
        browser.close()


if __name__ == "__main__":
    main()
