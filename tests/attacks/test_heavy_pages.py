"""Content that is hard to draw costs no more than a moment, and is never hidden for that."""

from __future__ import annotations

import time
from typing import Any

import pytest

from openhitl.protocol.diffs import compare
from openhitl.review.pages import render_review
from tests.pages.leaves import page_text
from tests.pages.samples import answered, made, view

#: Of processor time, so that other programs on the machine do not count.
SECONDS = 3.0
MEBIBYTE = 1024 * 1024


def markdown(text: str) -> dict[str, Any]:
    return {"artifact": {"title": "Notes", "format": "markdown", "content": text}}


HEAVY = {
    "line ends": markdown("\n" * 25_000 + "x"),
    "line ends of quotes": markdown(">\n" * 12_000),
    "line ends without end": markdown("\n" * 500_000),
    "opening brackets": markdown("[" * 25_000),
    "quotes": markdown(">" * MEBIBYTE),
    "stars": markdown("a**b" * 6_000),
    "stars without end": markdown("a**b" * 250_000),
    "cells without end": markdown("|a" * 500 + "\n" + "|-" * 500 + "\n" + "|\n" * 300_000),
    "addresses": {"artifact": {"format": "text", "content": "http://a.b " * 90_000}},
    "lines of a patch": {"artifact": {"format": "diff", "content": "+\n" * 300_000}},
    "a patch beside": {"diff": "+\n" * 300_000},
    "values": {"rest": [{"a": 1}] * 100_000},
    "nested values": {"rest": [[[[[[[[[[1]]]]]]]]]] * 20_000},
    "facts": {"facts": {f"fact_{number}": "yes" for number in range(50_000)}},
    "links": {"links": [{"title": "t", "url": "http://a"}] * 25_000},
    "a long key": {"aB" * 500_000: 1},
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("wanted", ["", "full", "edit"])
def test_a_heavy_approval_is_drawn_in_time_and_says_where_all_of_it_is(name: str, wanted: str) -> None:
    stored = made("approval", "Go?", HEAVY[name])
    begun = time.thread_time()
    html = render_review(view(stored, query={"view": wanted} if wanted else {})).html
    assert time.thread_time() - begun < SECONDS
    assert any(way in html for way in ("view=full", 'value="approve"', "<textarea"))


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("is_heavy_now", [True, False])
def test_a_heavy_round_before_costs_no_more(name: str, is_heavy_now: bool) -> None:
    before = answered(made("approval", "Go?", HEAVY[name]), "edit", {"feedback": "x"})
    now = {**HEAVY[name], "more": 1} if is_heavy_now else markdown("Short.")
    begun = time.thread_time()
    html = render_review(view(made("approval", "Go on?", now), rounds=[before] * 10)).html
    assert time.thread_time() - begun < 2 * SECONDS
    assert len(html) < 12 * MEBIBYTE


def test_items_with_too_much_to_say_say_their_names_and_lead_to_the_rest() -> None:
    items = [
        {"id": f"i{number}", "title": f"Item {number}", "metadata": {f"k{key}": "v" for key in range(100)}}
        for number in range(500)
    ]
    begun = time.thread_time()
    html = render_review(view(made("selection", "Which?", {"items": items}))).html
    assert time.thread_time() - begun < SECONDS
    assert "Item 499" in page_text(html)
    assert "Open full details" in html


def test_a_failure_with_too_much_to_say_leads_to_the_full_details() -> None:
    error = {"title": "Failed", "details": {f"k{number}": number for number in range(50_000)}}
    stored = made("escalation", "Go on?", {"error": error})
    begun = time.thread_time()
    assert "Open full details" in render_review(view(stored)).html
    assert time.thread_time() - begun < SECONDS
    assert '"k49999": 49999' in page_text(render_review(view(stored, query={"view": "full"})).html)


def test_many_rewritten_lines_are_shown_without_comparing_their_words() -> None:
    before, after = "a b " * 150 + "\n", "b a " * 150 + "\n"
    begun = time.thread_time()
    found = compare(before * 399, after * 399)
    assert time.thread_time() - begun < SECONDS
    assert found.changed == 399
