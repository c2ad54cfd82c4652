"""Nothing hides between the letters of a question. design: what you see is what you sign."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.visible import one_line, segments, visible

#: Format characters that draw something: signs that stand above the digits or letters after them.
DRAWN = {
    0x0600,
    0x0601,
    0x0602,
    0x0603,
    0x0604,
    0x0605,
    0x06DD,
    0x070F,
    0x0890,
    0x0891,
    0x08E2,
    0x110BD,
    0x110CD,
}


@pytest.mark.parametrize(
    "text",
    [
        "Deploy\n\tto production",
        "first\r\nsecond",
        "85\u00a0000 €, 85\u202f000 €, 全角\u3000空白, thin\u2009space",
        "e\u0301 ö ß Ελληνικά مرحبا 日本語 हिन्दी",
        "می\u200cخواهم",
        "क्\u200dष",
        "👩\u200d🔬 🏳\ufe0f\u200d🌈 ❤\ufe0f\u200d🔥 👍🏽 👩🏽\u200d🔬 1\ufe0f\u20e3 ↔\ufe0f ☎\ufe0e ℹ\ufe0f",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert visible(text) == text
    assert all(not is_escape for _, is_escape in segments(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a⟦U+202E⟧b"),
        ("\u2066a\u2069", "⟦U+2066⟧a⟦U+2069⟧"),
        ("a\u200bb", "a⟦U+200B⟧b"),
        ("a\u200cb", "a⟦U+200C⟧b"),
        ("a\u200db", "a⟦U+200D⟧b"),
        ("م\u200c", "م⟦U+200C⟧"),
        ("\u200cم", "⟦U+200C⟧م"),
        ("1\u200d2", "1⟦U+200D⟧2"),
        ("+\u200d=", "+⟦U+200D⟧="),
        ("👩\u200dx", "👩⟦U+200D⟧x"),
        ("x\ufe0f", "x⟦U+FE0F⟧"),
        ("1\ufe0f2", "1⟦U+FE0F⟧2"),
        ("\ufe0f", "⟦U+FE0F⟧"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f⟦U+FE0F⟧"),
        ("\u200d", "⟦U+200D⟧"),
        ("🏽\u200d🔬", "🏽⟦U+200D⟧🔬"),
        ("a\rb", "a⟦U+000D⟧b"),
        ("\x1b[2K", "⟦U+001B⟧[2K"),
        ("\0\x7f\x85", "⟦U+0000⟧⟦U+007F⟧⟦U+0085⟧"),
        ("pass\u00adword\ufeff", "pass⟦U+00AD⟧word⟦U+FEFF⟧"),
        ("\u2028\u2029", "⟦U+2028⟧⟦U+2029⟧"),
        ("\U000e0041", "⟦U+E0041⟧"),
        ("a\ud800", "a⟦U+D800⟧"),
        ("\u3164\u115f\uffa0", "⟦U+3164⟧⟦U+115F⟧⟦U+FFA0⟧"),
    ],
)
def test_hidden_characters_are_spelt_out(text, shown):
    assert visible(text) == shown


def test_segments_mark_the_escapes():
    assert segments("ab\u202e\u200bc") == [
        ("ab", False),
        ("⟦U+202E⟧", True),
        ("⟦U+200B⟧", True),
        ("c", False),
    ]
    assert segments("\u202e") == [("⟦U+202E⟧", True)]


def test_every_control_and_format_character_is_spelt_out():
    """Between two letters, where no script and no picture needs it."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and code not in DRAWN:
            text = f"a{character}b"
            assert (visible(text) == text) is (character in "\n\t"), hex(code)


def test_spaces_and_letters_are_not_spelt_out():
    fillers = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
    for code in range(0x20, 0xD800):
        character = chr(code)
        if (
            unicodedata.category(character) in ("Lu", "Ll", "Lo", "Nd", "Zs", "Po", "Sc")
            and code not in fillers
        ):
            assert visible(f"a{character}b") == f"a{character}b", hex(code)


@given(st.text(st.characters()))
def test_segments_put_together_are_the_visible_text(text):
    shown = "".join(part for part, _ in segments(text))
    assert shown == visible(text)
    shown.encode("utf-8")


@given(st.text(st.characters()))
def test_what_is_visible_stays_visible(text):
    assert visible(visible(text)) == visible(text)


def test_text_for_one_line_is_on_one_line():
    assert one_line("  a\r\n\tb\u2028c\x1b[2J ") == "a b c⟦U+001B⟧[2J"
    assert one_line(5) == "5"
