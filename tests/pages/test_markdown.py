"""Markdown previews: harmless, and honest about what they leave out."""

from __future__ import annotations

import pytest

from openhitl.review.pages.markdown import render_markdown


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("# Title", '<h3 dir="auto">Title</h3>'),
        ("a **b** `c`", "<strong>b</strong> <code>c</code>"),
        ("~~gone~~", "<s>gone</s>"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("| a |\n|---|\n| 1 |", "<table>"),
        ("5. five", '<ol start="5">'),
    ],
)
def test_common_markdown_is_rendered(source: str, html: str) -> None:
    assert html in render_markdown(source).html


def test_images_become_links_that_load_nothing() -> None:
    html = render_markdown("![chart](https://tracker.example/p.png)").html
    assert "<img" not in html
    assert "chart: https://tracker.example/p.png</a>" in html


def test_a_link_says_where_it_leads() -> None:
    assert "</a> (https://evil.example/)" in render_markdown("[your bank](https://evil.example/)").html


def test_script_addresses_are_no_links() -> None:
    assert "<a" not in render_markdown("[x](javascript:alert(1))").html


@pytest.mark.parametrize(
    "source",
    ["[//]: # (hidden words)", "[unused]: https://example.com/hidden", '[a](https://x.example "hidden")'],
)
def test_a_preview_that_hides_part_of_the_source_says_so(source: str) -> None:
    assert render_markdown(f"Seen.\n\n{source}\n").leaves_out


@pytest.mark.parametrize(
    "source", ["# Dear all\n\n1. one\n2. two\n\n> said\n\n```python\nx = 1\n```\n", "a & b < c"]
)
def test_a_preview_that_shows_everything_does_not(source: str) -> None:
    assert not render_markdown(source).leaves_out
