"""No deciding button over content that is not on the screen. design rule 5."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from openhitl.review.pages import render_review
from tests.pages.leaves import page_text
from tests.pages.samples import made, sample, view

LONG = {"log": "x" * 250_000}
DECIDING = ('value="approve"', 'value="confirm"', 'value="retry"', 'value="select"', 'value="submit"')


@pytest.mark.parametrize("name", ["approval", "selection", "confirmation", "escalation", "form"])
def test_too_much_content_replaces_the_primary_button(name: str) -> None:
    html = render_review(view(sample(name, **LONG))).html
    assert not any(button in html for button in DECIDING)
    assert "Open full details" in html


@pytest.mark.parametrize(("name", "button"), [("approval", "approve"), ("confirmation", "confirm")])
def test_the_full_details_hold_everything_and_the_button(name: str, button: str) -> None:
    stored = sample(name, **LONG, **({"partial": False} if name == "confirmation" else {}))
    html = render_review(view(stored, query={"view": "full"})).html
    assert "x" * 250_000 in html
    assert f'value="{button}"' in html
    risky = replace(
        stored, content=replace(stored.content, context={**stored.content.context, "risk": "high"})
    )
    html = render_review(view(risky, query={"view": "full"})).html
    assert f'value="{button}"' not in html
    assert "view=sure" in html


@pytest.mark.parametrize(
    ("name", "button"),
    [("selection", "select"), ("form", "submit"), ("escalation", "retry"), ("confirmation", "confirm")],
)
def test_the_full_details_lead_on_to_what_has_to_be_filled_in(name: str, button: str) -> None:
    full = render_review(view(sample(name, **LONG), query={"view": "full"})).html
    assert "view=answer" in full
    answer = render_review(view(sample(name, **LONG), query={"view": "answer"})).html
    assert f'value="{button}"' in answer


def test_the_full_details_of_an_escalation_without_parameters_retry_at_once() -> None:
    stored = made("escalation", "It failed", {**LONG, "error": "Out of disk"})
    assert 'value="retry"' in render_review(view(stored, query={"view": "full"})).html


def test_an_unreadable_part_of_a_context_is_shown_raw_and_undecided() -> None:
    html = render_review(view(made("approval", "Go?", {"artifact": {"content": None, "odd": "kept"}}))).html
    assert "kept" in page_text(html)


def test_a_sealed_case_has_neither_content_nor_buttons() -> None:
    html = render_review(view(made("x-sealed", "Encrypted", {"envelope": "c2VjcmV0"}))).html
    assert "Only the devices it is encrypted to" in page_text(html)
    # What the script draws it from is no part of the page.
    assert "<button" not in re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    assert "c2VjcmV0" not in html
