"""Items of a selection side by side, where they say the same things."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openhitl.protocol.context import Item
from openhitl.review.pages import render_review
from openhitl.review.pages.comparison import columns_of
from tests.pages.leaves import missing_leaves, page_text
from tests.pages.samples import SELECTION, sample, view


def items(*said: dict[str, Any]) -> list[Item]:
    return [Item(id=str(number), title="It", metadata=values) for number, values in enumerate(said)]


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ([{"a": 1, "b": 2}] * 3, ["a", "b"]),
        ([{"a": 1, "b": 2}] * 2, []),
        ([{"a": 1}] * 3, []),
        ([{"a": 1, "b": 2}, {"b": 3, "a": 4}, {"c": 1, "a": 5, "b": 6}], ["a", "b"]),
        ([{"c": 1, "a": 1, "b": 2}, {"c": 1, "b": 3, "a": 4}, {"a": 5, "b": 6}], ["c", "a", "b"]),
        (
            [{"a": 1, "b": 2, "long": "x" * 49, "list": [1], "deep": {"d": 1}, "lines": "1\n2"}] * 3,
            ["a", "b"],
        ),
        ([dict.fromkeys("abcdef", "x")] * 3, ["a", "b", "c", "d"]),
        ([{"x": 1, **dict.fromkeys("abcd", "x")}] * 2 + [dict.fromkeys("abcd", "x")], ["a", "b", "c", "d"]),
    ],
)
def test_columns_are_what_the_items_have_in_common(said: list[dict[str, Any]], columns: list[str]) -> None:
    assert columns_of(items(*said)) == columns


def test_a_compared_selection_has_one_control_for_each_item_and_a_name_for_each_value() -> None:
    html = render_review(view(sample("selection"))).html
    assert html.count('name="selected"') == 3
    assert re.findall(r"<span><bdi>(\w+)</bdi></span>", html) == ["Company", "Salary", "Remote"]
    assert "Company Contoso Salary 85–110k EUR Remote fully ID job_002" in page_text(html)
    assert 'aria-describedby="says-1 cells-1 about-1"' in html
    assert 'aria-describedby="cells-3 about-3"' in html


def test_a_key_said_twice_is_shown_twice() -> None:
    twice = [{**item, "company": f"Holding of {item['id']}"} for item in SELECTION["items"]]
    stored = sample("selection", items=twice)
    html = render_review(view(stored)).html
    assert missing_leaves(dict(stored.content.context), html) == []
    assert 'class="compared' in html


def test_items_with_little_in_common_stay_cards() -> None:
    html = render_review(view(sample("selection", items=SELECTION["items"][:2]))).html
    assert "compared" not in html


def test_an_id_that_is_the_title_is_said_once() -> None:
    text = page_text(render_review(view(sample("selection", items=[{"id": "Yes", "title": "Yes"}]))).html)
    assert "Yes" in text
    assert "ID Yes" not in text
