"""What only the browser can read is drawn as the server draws the rest: no letter hides, no markup runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from openhitl.protocol.tree import humanise
from openhitl.protocol.visible import segments
from openhitl.review.pages import Page as Drawn
from openhitl.review.pages.agent_text import linked
from openhitl.review.pages.assets import asset_name
from tests.browser.stage import staged

CHANCE = Random(7)
#: Letters that hide, those that need them, and plain ones.
LETTERS = (
    "ab 1#*\n\r\t\x00\x07\x7f\x85\xad\u034f\u061c\u115f\u17b4\u180b\u200b\u200c\u200d\u200e\u2028\u202e\u2060"
    "\u2066\u3164\ufe0e\ufe0f\ufeff\uffa0\ufffb\U00013430\U0001d173\U000e0041\u20e3\u0645\u06cc\u0915\u094d"
    "\U0001f468\U0001f469\U0001f3fd\u2764\u2122\u00a9‼ℹ◻é漢\u00a0\u202f\u1824"
)
ADDRESSES = [
    "see https://example.com/a?b=c#d.",
    "(http://example.com/x), <https://e.example/'y>",
    "https://exämple.com/\u202etxt https://a",
    "javascript:alert(1) ftp://x https://",
]
KEYS = [
    "error_rate_percent",
    "errorRate",
    "CPU_load",
    "x",
    "",
    "A",
    "HTTPServer",
    "two words",
    "über-groß",
    "id2Name",
]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with staged(chromium) as stage:
        stage.put(Drawn("<!doctype html><title>Text</title>"), frozen=False)
        module = json.dumps(f"/static/{asset_name('agent-text.js')}")
        stage.page.evaluate(f"async () => {{ window.text = await import({module}); }}")
        yield stage.page


def run(page: Page, script: str, given: Any) -> Any:
    return page.evaluate(f"(given) => {script}", given)


def test_hidden_characters_are_those_of_the_server(page: Page) -> None:
    texts = ["".join(CHANCE.choices(LETTERS, k=CHANCE.randrange(1, 12))) for _ in range(3000)]
    found = run(page, "given.map((one) => text.segments(one))", texts)
    told = {
        text: runs
        for text, runs in zip(texts, found, strict=True)
        if runs != [list(part) for part in segments(text)]
    }
    assert told == {}


def test_every_character_that_hides_alone_is_found(page: Page) -> None:
    planes = [(0, 0xD800), (0xE000, 0x20000), (0xE0000, 0xE1000)]
    script = """given.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index))
        .filter((code) => text.segments(String.fromCodePoint(code))[0]?.[1])"""
    codes = [code for start, end in planes for code in range(start, end)]
    assert run(page, script, planes) == [code for code in codes if segments(chr(code))[0][1]]


def test_addresses_become_the_same_links(page: Page) -> None:
    script = "given.map((one) => text.make('p', {}, text.linked(one)).outerHTML)"
    assert run(page, script, ADDRESSES) == [f"<p>{normal(linked(text))}</p>" for text in ADDRESSES]


def normal(markup: str) -> str:
    """Spell markup as a browser does."""
    return str(markup).replace("&#39;", "'").replace("&#34;", '"')


def test_keys_are_spelt_as_words(page: Page) -> None:
    assert run(page, "given.map(text.humanise)", KEYS) == [humanise(key) for key in KEYS]


def test_fences_hold_code_and_nothing_becomes_markup(page: Page) -> None:
    given = "One\r\ntwo\n\n\n<b>three</b>\n```sh\nrm -rf /\n\n# end\n```\nfour\n```\n```\n``` five"
    script = "[...text.prose(given).children].map((one) => [one.tagName, one.textContent])"
    assert run(page, script, given) == [
        ["P", "One\ntwo"],
        ["P", "<b>three</b>"],
        ["PRE", "rm -rf /\n\n# end"],
        ["P", "four"],
        ["PRE", ""],
        ["P", "``` five"],
    ]
