"""Texts compared in the browser as protocol/diffs.py compares them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from openhitl.protocol.diffs import compare
from openhitl.review.pages import Page as Drawn
from openhitl.review.pages.assets import asset_name
from tests.browser.stage import staged


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with staged(chromium) as stage:
        stage.put(Drawn("<!doctype html><title>Texts</title>"), frozen=False)
        module = json.dumps(f"/static/{asset_name('line-diff.js')}")
        stage.page.evaluate(f"async () => {{ window.diff = await import({module}); }}")
        yield stage.page


def compared(page: Page, pairs: list[tuple[str, str]]) -> Any:
    return page.evaluate("(pairs) => pairs.map(([before, after]) => diff.compare(before, after))", pairs)


def drawn(page: Page, before: str, after: str) -> str:
    script = """([before, after]) => {
      const words = { changed_lines: "{changed} of {total}", unchanged_lines: "{count} unchanged",
        nothing_changed: "nothing", too_long: "too long" };
      const place = document.createElement("div");
      place.append(...diff.drawDiff(diff.compare(before, after), words));
      return place.innerHTML;
    }"""
    html: str = page.evaluate(script, [before, after])
    return html


def texts(chance: Random) -> tuple[str, str]:
    before = [chance.choice("abcdef") * 3 for _ in range(chance.randrange(12))]
    after = [line for line in before if chance.random() < 0.8]
    for _ in range(chance.randrange(3)):
        after.insert(chance.randrange(len(after) + 1), chance.choice("abxyz") * 3)
    return "\n".join(before), "\n".join(after)


def test_both_texts_are_in_what_was_found_and_nothing_else(page: Page) -> None:
    chance = Random(4)
    pairs = [texts(chance) for _ in range(300)]
    for (before, after), found in zip(pairs, compared(page, pairs), strict=True):
        runs = found["runs"]
        assert [line for run in runs for line in run["before"]] == before.splitlines()
        assert [line for run in runs for line in run["after"]] == after.splitlines()
        assert all(run["before"] == run["after"] for run in runs if run["same"])
        assert (found["changed"] == 0) == (before == after)
        assert found["changed"] <= compare(before, after).changed


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("a", "a\n"), ("", "a"), ("a", ""), ("a\nb\nc", "a\nx\nc"), ("a\n\nb", "a\nb")],
)
def test_lines_are_counted_as_the_server_counts_them(page: Page, before: str, after: str) -> None:
    [found] = compared(page, [(before, after)])
    there = compare(before, after)
    assert (found["changed"], found["total"]) == (there.changed, there.total)


def test_what_is_too_long_is_not_compared(page: Page) -> None:
    lines = [str(number) for number in range(2500)]
    assert compared(page, [("\n".join(lines), "\n".join(reversed(lines)))]) == [{"tooLong": True}]
    assert compared(page, [("\n" * 3001, "a")]) == [{"tooLong": True}]
    assert "too long" in drawn(page, "\n" * 3001, "a")


def test_what_is_unchanged_is_folded_and_nothing_in_a_line_is_markup(page: Page) -> None:
    before = "\n".join(map(str, range(30)))
    html = drawn(page, before, before.replace("15", "<b>\u202e</b>"))
    assert "1 of 30" in html
    assert html.count("<details>") == 2
    assert "12 unchanged" in html
    assert "11 unchanged" in html
    assert "&lt;b&gt;" in html
    assert "⟦U+202E⟧" in html
    assert drawn(page, before, before) == '<p class="muted">nothing</p>'
