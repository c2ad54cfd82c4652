"""Agent text cannot leave its place, hide anything or run. design rule 5."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openhitl.review.pages import render_review
from openhitl.review.pages.agent_text import agent, link, linked, paragraphs
from tests.pages.leaves import page_text
from tests.pages.samples import NAMES, made, sample, view

HOSTILE = "<script>alert(1)</script>\u202egnp.exe\u200b\x1b[2J"


def poisoned(value: Any) -> Any:
    """Put the hostile text behind every text that a person reads."""
    if isinstance(value, dict):
        return {key: inner if key in _KEPT else poisoned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner) for inner in value]
    return value + HOSTILE if isinstance(value, str) else value


_KEPT = {"key", "type", "format", "value", "default", "conditional", "id", "strategies", "default_ref"}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_text_in_any_value_is_shown_and_does_nothing(name: str) -> None:
    stored = sample(name)
    stored = made(
        stored.content.type,
        "Prompt " + HOSTILE,
        poisoned(stored.content.context),
        agent="Agent " + HOSTILE,
        message=HOSTILE,
    )
    html = render_review(view(stored)).html
    assert "<script>alert" not in html
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x1b]", html)
    assert "⟦U+202E⟧gnp.exe⟦U+200B⟧⟦U+001B⟧" in page_text(html)


def test_each_value_is_isolated_in_its_own_direction() -> None:
    assert agent("a<b") == "<bdi>a&lt;b</bdi>"
    assert agent("a\u202eb") == '<bdi>a<span class="esc">⟦U+202E⟧</span>b</bdi>'


def test_web_addresses_in_text_are_links_without_the_full_stop_behind() -> None:
    html = linked("See https://example.com/a?b=1&c=2.")
    assert 'href="https://example.com/a?b=1&amp;c=2"' in html
    assert html.endswith("</a>.")
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://exa\u200bmple.com", "ftp://x", "//x"])
def test_other_addresses_stay_text(address: str) -> None:
    assert "<a " not in link(address)


def test_blank_lines_part_paragraphs() -> None:
    assert paragraphs("one\r\n\r\ntwo").count("<p ") == 2
