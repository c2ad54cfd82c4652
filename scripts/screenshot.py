"""Draw docs/images/approval.png: a real page of a real server. `python -m scripts.screenshot`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import sync_playwright

from openhitl import EmbeddedServer, Settings

IMAGE = Path(__file__).parents[1] / "docs" / "images" / "approval.png"
SIZE = {"width": 980, "height": 860}
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
    with tempfile.TemporaryDirectory() as folder, EmbeddedServer(_settings(Path(folder))) as server:
        asked = httpx2.post(
            f"{server.url}/api/v1/reviews",
            json=QUESTION,
            headers={"authorization": f"Bearer {server.api_key}"},
        )
        asked.raise_for_status()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC")  # type: ignore[arg-type]
            page.goto(asked.json()["hitl"]["review_url"])
            page.screenshot(path=IMAGE)
            browser.close()


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, port=0)


if __name__ == "__main__":
    main()
