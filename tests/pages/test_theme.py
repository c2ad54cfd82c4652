"""Pages in a service's own look, under the same security headers."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from openhitl.errors import SetupError
from openhitl.review.pages import Theme, render_error, render_review
from openhitl.review.pages.theme import CONTRAST, _contrast
from tests.pages.samples import sample, view

PIXEL = base64.b64encode(b"\x89PNG").decode()
SHADES = r"--accent: (#\w{6}); --accent-strong: (#\w{6}); --on-accent: (#\w{6})"
COLOURS = ("#000000", "#ffffff", "#ff0000", "#ffff00", "#0b5cad", "#808080", "#00ff7f", "#4b0082")


def drawn(theme: Theme) -> str:
    return render_review(replace(view(sample("approval")), base="/hitl", theme=theme)).html


@pytest.mark.parametrize("accent", COLOURS)
def test_any_accent_can_be_read(accent):
    theme = Theme(accent=accent)
    [style] = theme.files.values()
    shades = re.findall(SHADES, style.content.decode())
    for ground, (shade, strong, on) in zip(("#ffffff", "#0f1318"), shades, strict=True):
        assert _contrast(shade, ground) >= CONTRAST
        assert _contrast(shade, on) >= CONTRAST
        assert _contrast(strong, on) >= CONTRAST
    assert f'href="/hitl/static/{style.name}"' in drawn(theme)


def test_a_logo_in_the_code_is_served_as_a_file_of_the_same_origin():
    theme = Theme(logo=f"data:image/png;base64,{PIXEL}", name="Anvil & Co")
    [logo] = theme.files.values()
    assert (logo.media_type, logo.content) == ("image/png", b"\x89PNG")
    assert f'<img src="/hitl/static/{logo.name}" alt="Anvil &amp; Co">' in drawn(theme)
    assert "data:" not in drawn(theme)


def test_a_block_of_its_own_stands_above_every_page():
    block = "<nav lang={{ language }}>{{ name }} {{ logo }}</nav>"
    theme = Theme(logo="/logo.svg", block=block, name="<Anvil>")
    line = "<nav lang=en>&lt;Anvil&gt; /logo.svg</nav>"
    assert line in drawn(theme)
    assert line in render_error("not_found", 404, theme=theme).html


@pytest.mark.parametrize(
    "wrong",
    [
        {"accent": "red"},
        {"accent": "#12345"},
        {"logo": "https://cdn.example/logo.svg"},
        {"logo": "//cdn.example/logo.svg"},
        {"logo": "/\\cdn.example/logo.svg"},
        {"logo": "data:text/html;base64,AAAA"},
        {"logo": "data:image/png;base64,A"},
        {"block": "{% if %}"},
        {"block": "{{ owner }}"},
    ],
)
def test_what_could_not_be_shown_is_refused_at_once(wrong):
    with pytest.raises(SetupError):
        Theme(**wrong)
