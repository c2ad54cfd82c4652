"""What every page has to stand: axe, and a screen that is not wide."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def assert_accessible(page: Page) -> None:
    """Let axe look for violations; it needs a context that bypasses the page's policy."""
    found = Axe().run(page, options=_OPTIONS)
    assert found.violations_count == 0, found.generate_report()


def assert_no_sideways_scroll(page: Page) -> None:
    """Check that the page is no wider than its screen."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
