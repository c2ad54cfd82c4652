"""One Chromium for the whole suite; few contexts, many pages. Journeys run with and without scripts.

Pages are shown by the headless shell where Debian has it: the same engine, a quarter of the work for a page.
What needs more of a browser than its engine, as notifications and passkeys do, is tested in the whole one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.stage import SIZES

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SHELL = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or CHROMIUM
PATIENCE_MS = 10_000


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=2 * PATIENCE_MS)  # what waits for a connection is tried after 1, 2, 4, 8 s
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start what shows pages."""
    yield from _started(playwright, SHELL)


@pytest.fixture(scope="package")
def whole_chromium(playwright: Playwright) -> Iterator[Browser]:
    """Start Debian's Chromium as it is."""
    yield from _started(playwright, CHROMIUM)


def _started(playwright: Playwright, executable: str) -> Iterator[Browser]:
    """Start a browser; the sandbox needs privileges that test machines do not grant."""
    browser = playwright.chromium.launch(
        executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    yield browser
    browser.close()


@pytest.fixture(scope="module", params=[True, False], ids=["js", "nojs"])
def context(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Open a phone-sized context that fails on any violation of the page's policy."""
    width, height = SIZES["phone"]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=request.param,
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    yield page
    page.close()
    assert faults == []
