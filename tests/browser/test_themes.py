"""A service's own block above its pages: it is drawn, and what it must not do it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from openhitl.service import Question, Reviews, Theme, approval
from openhitl.service.asgi import ReviewsApp
from tests.browser.journeys import expect_outcome, press
from tests.service.hosts import SECRET, free_port, under_uvicorn

HOSTILE = """
<p id=brand>{{ name }}</p>
<script>document.title = "owned"</script>
<script src="https://cdn.example/x.js"></script>
<script src="data:text/javascript,document.title='owned'"></script>
<img src="https://cdn.example/x.png" onerror="document.title = 'owned'">
<svg onload="document.title = 'owned'"></svg>
<iframe srcdoc="<script>parent.document.title = 'owned'</script>"></iframe>
<object data="data:text/html,<script>parent.document.title='owned'</script>"></object>
<a id=link href="javascript:document.title = 'owned'">more</a>
<style>form { display: none }</style>
<p style="position: fixed; inset: 0; z-index: 99">over everything</p>
<base href="https://elsewhere.example/">
<form id=form action="https://elsewhere.example/"><button>Send</button></form>
"""
WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
"""


def served(folder: Path, name: str, theme: Theme) -> Iterator[str]:
    """Serve a shop with this theme and give the address of a review page."""
    port = free_port()
    base_url = f"http://localhost:{port}"
    cases = f"sqlite:///{folder}/cases.db"
    reviews = Reviews(cases, SECRET, base_url=base_url, prefix="/hitl", name=name, theme=theme)
    app = FastAPI()
    app.mount("/hitl", ReviewsApp(reviews))

    @app.post("/orders")
    async def order() -> str:
        question: Question = approval("Ship order 7?")
        return (await reviews.ask(question)).review_url

    with under_uvicorn(app, port) as client:
        yield client.post("/orders").json()


@pytest.fixture
def url_of_hostile_block(tmp_path: Path) -> Iterator[str]:
    yield from served(tmp_path, "Anvil", Theme(block=HOSTILE, accent="#8a1f66"))


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    yield page
    context.close()


def test_nothing_in_a_block_runs_is_styled_or_leads_away(watched: Page, url_of_hostile_block: str) -> None:
    refused: dict[str, str | None] = {}
    watched.on("requestfailed", lambda request: refused.update({request.url: request.failure}))
    watched.goto(url_of_hostile_block)
    watched.evaluate("link.click()")
    assert watched.locator("#brand").inner_text() == "Anvil"
    assert watched.title() != "owned"
    blocked = set(watched.evaluate("violations"))
    assert {"script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr"} <= blocked
    assert {"img-src", "base-uri"} <= blocked
    elsewhere = {url: why for url, why in refused.items() if "cdn.example" in url}
    assert elsewhere == {f"https://cdn.example/x.{ending}": "csp" for ending in ("js", "png")}
    press(watched, "Approve as shown")
    expect_outcome(watched, "Approved")
    watched.evaluate("document.querySelector('#form').requestSubmit()")
    watched.wait_for_function("violations.includes('form-action')")
