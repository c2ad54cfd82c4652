"""Every page under the real Content-Security-Policy: no violation, no error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.gallery import EVERY
from tests.browser.stage import Stage, staged

WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@pytest.fixture(scope="module")
def strict(chromium: Browser) -> Iterator[Stage]:
    with staged(chromium) as stage:
        stage.page.add_init_script(WATCH)
        yield stage


def use(page: Page) -> None:
    """Touch everything that a script listens to."""
    for label in page.locator(".tabs > label, label.option, .pick label").all():
        if label.is_visible():
            label.click()
    for text in page.locator("input[type=text]:visible, input[type=search]:visible, textarea:visible").all():
        text.fill("95")
    for summary in page.locator("summary:visible").all():
        summary.click()
    for button in page.locator("[data-show]:visible").all():
        button.click()


@pytest.mark.parametrize("name", EVERY)
def test_no_page_violates_the_policy_when_it_is_used(strict: Stage, name: str) -> None:
    faults: list[str] = []
    strict.page.once("pageerror", lambda error: faults.append(str(error)))
    page = strict.show(EVERY[name])
    use(page)
    assert page.evaluate("violations") == []
    assert faults == []


def test_the_watch_itself_notices_a_violation(strict: Stage) -> None:
    page = strict.show(EVERY["approval"])
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://x.example/'}))"
    )
    page.wait_for_function("violations.length")
    assert page.evaluate("violations") == ["img-src"]
