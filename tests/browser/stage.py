"""Pages drawn straight into a browser, without a server: for looks, axe and policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Route

from openhitl.review.pages import Page as Drawn
from openhitl.review.pages import PageView, page_headers, render_review, static_file
from openhitl.words import Words
from tests.pages.samples import NOW

ORIGIN = "http://localhost:1"
SIZES = {"phone": (390, 844), "desktop": (1280, 800), "narrow": (320, 640)}


@dataclass
class Stage:
    """One browser page that shows whatever is drawn on it. `posts` are the requests it has sent."""

    page: Page
    posts: list[tuple[str, str]]
    script: bool = True
    draft_status: int = 204
    prefill: str = ""
    _drawn: Drawn = field(default_factory=lambda: Drawn(""))

    def show(self, view: PageView | Drawn, *, words: Words | None = None, frozen: bool = True) -> Page:
        """Draw a view and wait until its scripts have run; frozen, the browser's clock stands at NOW."""
        drawn = view if isinstance(view, Drawn) else render_review(view, words=words)
        return self.put(drawn, frozen=frozen)

    def put(self, drawn: Drawn, *, frozen: bool = True) -> Page:
        """Show a page as the server would send it."""
        self._drawn = drawn
        if frozen:
            self.page.clock.set_fixed_time(NOW)
        self.page.goto(f"{ORIGIN}/review/it", wait_until="load")
        return self.page

    def answer(self, route: Route) -> None:
        """Answer a request of the page."""
        request = route.request
        path = request.url.removeprefix(ORIGIN).partition("?")[0]
        if request.method != "GET":
            self.posts.append((f"{request.method} {path}", request.post_data or ""))
            route.fulfill(status=self.draft_status if path.endswith("/draft") else 204)
        elif "/prefill/" in path:
            route.fulfill(json={"value": self.prefill})
        elif path.endswith(".js") and not self.script:
            route.abort()
        elif path.startswith("/static/"):
            found = static_file(path.removeprefix("/static/"))
            assert found is not None, path
            route.fulfill(body=found.content, content_type=found.media_type)
        else:
            route.fulfill(
                body=self._drawn.html,
                status=self._drawn.status,
                content_type="text/html; charset=utf-8",
                headers=dict(page_headers(installs=self._drawn.installs)),
            )


@contextmanager
def staged(
    browser: Browser, *, size: str = "phone", theme: str = "light", script: bool = True, **options: Any
) -> Iterator[Stage]:
    """Open a context of a size and theme; options go to the browser context.

    Without `script` the page's scripts do not load, while a test can still look at it: what a person
    sees is the same as with scripts forbidden (journeys forbid them).
    """
    width, height = SIZES[size]
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.set_default_timeout(5000)
    stage = Stage(page, [], script=script)
    page.route("**/*", stage.answer)
    yield stage
    context.close()
