"""Draw docs/images/inbox-*.png and the inbox's part of docs/pages.md: real pages of a real server.

`python -m scripts.inbox_screenshots`.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from openhitl import EmbeddedServer, Settings
from openhitl.identity.links import join_link
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import ActorKind
from openhitl.protocol.people import Role
from openhitl.server.local import new_key
from openhitl.server.opening import open_store
from scripts.album import INBOX, QUALITY, picture

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
#: Where pages are that do not lie below the inbox.
PLACES = {"inbox-agents": "agents"}
PASSWORD = "several words are easy"
#: Who asks what.
QUESTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "DeployPipe",
        {
            "type": "approval",
            "prompt": "Approve deployment of acme-web v2.1.0 to production",
            "timeout": "12m",
            "default_action": "reject",
            "context": {
                "risk": {"level": "medium", "reasons": ["Includes a database migration."]},
                "facts": {
                    "environment": "production",
                    "version": "2.0.3 → 2.1.0",
                    "tests": "1,092 passed · 0 failed",
                },
                "diff": " replicas: 20\n-image: acme-web:2.0.3\n"
                "+image: acme-web:2.1.0\n+migrate: 0042_add_workflow",
            },
        },
    ),
    (
        "Home agent",
        {
            "type": "confirmation",
            "prompt": "Order dishwasher tablets, €8.49",
            "timeout": "3h",
            "context": {"risk": {"level": "low", "reasons": ["It can be cancelled until 18:00."]}},
        },
    ),
    (
        "JobScout",
        {
            "type": "selection",
            "prompt": "Select which jobs to apply for (5 matches)",
            "timeout": "23h",
            "context": {"items": [{"id": str(number), "title": f"Job {number}"} for number in range(1, 6)]},
        },
    ),
)


def main() -> None:
    """Ask, let somebody sign in, and take pictures of what they see."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), port=0)
        with EmbeddedServer(settings) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            cookies = joined(browser, invitation(settings, server.url))
            for agent, question in QUESTIONS:
                ask(server.url, new_key(settings, agent, ActorKind.AGENT), question)
            draw(browser, server.url, cookies)
            browser.close()


def invitation(settings: Settings, url: str) -> str:
    """Make a link to join with."""
    store, _ = open_store(settings)
    try:
        return join_link(store, url, Role.OWNER, by=OPERATOR, now=datetime.now(UTC))
    finally:
        store.close()


def joined(browser: Browser, link: str) -> Any:
    """Make an account, and return the cookies of whoever has it."""
    page = browser.new_page(locale="en-GB")
    page.goto(link)
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    return page.context.cookies()


def ask(server_url: str, key: str, question: dict[str, Any]) -> None:
    """Ask a question as an agent."""
    headers = {"authorization": f"Bearer {key}"}
    httpx2.post(f"{server_url}/api/v1/reviews", json=question, headers=headers).raise_for_status()


def draw(browser: Browser, url: str, cookies: Any) -> None:
    """Take a picture of the list on a phone, dark, and of the list with a question on a desk."""
    phone = browser.new_context(viewport=PHONE, color_scheme="dark", locale="en-GB", timezone_id="UTC")
    phone.add_cookies(cookies)
    page = phone.new_page()
    page.goto(f"{url}/inbox")
    page.screenshot(path=IMAGES / "inbox-phone.png")
    for name in INBOX:
        page.goto(f"{url}/{PLACES.get(name, name.replace('-', '/'))}")
        page.screenshot(path=picture(name), type="jpeg", quality=QUALITY)
    desk = browser.new_context(viewport=DESK, locale="en-GB", timezone_id="UTC")
    desk.add_cookies(cookies)
    page = desk.new_page()
    page.goto(f"{url}/inbox")
    page.get_by_role("link", name="Approve deployment").click()
    page.wait_for_selector("main[data-case]")
    page.screenshot(path=IMAGES / "inbox-desk.png")


if __name__ == "__main__":
    main()
