"""Every value of a context is on its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openhitl.protocol.case import Content
from openhitl.review.pages import render_review
from tests.pages.leaves import leaves, missing_leaves
from tests.pages.samples import NAMES, made, sample, view

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "cases").glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_the_samples_is_shown(name: str) -> None:
    content: Content = sample(name).content
    assert missing_leaves(dict(content.context), render_review(view(sample(name))).html) == []


def test_every_value_of_the_shared_vectors_is_shown() -> None:
    missing = []
    for path in VECTORS:
        body: dict[str, Any] = json.loads(path.read_text("utf-8"))
        context = body.get("context", {})
        html = render_review(view(made(body["type"], body["prompt"], context))).html
        missing += [f"{path.stem}: {leaf}" for leaf in missing_leaves(context, html)]
    assert missing == []


def test_a_selection_without_items_is_readable_but_not_answerable() -> None:
    context = {"search_query": "Frontend", "total_matches": 5, "currency": "EUR"}
    html = render_review(view(made("selection", "Select jobs", context))).html
    assert missing_leaves(context, html) == []
    assert 'value="select"' not in html
    full = render_review(view(made("selection", "Select jobs", context), query={"view": "full"})).html
    assert 'value="select"' not in full


def test_the_check_itself_notices_a_value_that_is_not_shown() -> None:
    html = render_review(view(made("approval", "Go?", {"shown": "here"}))).html
    assert missing_leaves({"shown": "here", "hidden": "elsewhere", "count": 77}, html) == [
        "hidden = 'elsewhere'",
        "count = 77",
    ]
    assert len(list(leaves({"a": [1, {"b": None}]}))) == 2
