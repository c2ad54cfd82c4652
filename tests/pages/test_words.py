"""Catalogues: complete, in step with the code, and free of surprises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from openhitl.protocol.case import NEUTRAL_PROMPT
from openhitl.review.inbox.rows import Reader, row_of
from openhitl.review.pages import render_review
from openhitl.words import choose_language, words_for
from openhitl.words.extract import PACKAGE, collect, compiled, po_path, read_catalog
from tests.pages.leaves import page_text
from tests.pages.pseudo import mirrored
from tests.pages.samples import NAMES, NOW, made, sample, view

_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")


def test_the_german_catalogue_holds_every_message_and_no_other() -> None:
    assert {message.id for message in read_catalog("de")} == {message.id for message in collect()}


def _marked(tree: ast.AST) -> Iterator[str]:
    """Yield what a module marks as words to be translated, wherever the call stands."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="N_"), args=[ast.Constant(value=str(text))]):
                yield text


def test_words_that_a_module_marks_are_collected_inside_other_calls_too() -> None:
    marked = {
        text
        for path in PACKAGE.rglob("*.py")
        for text in _marked(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert marked - {message.id for message in collect()} == set()


def test_every_message_is_translated_with_the_same_places() -> None:
    for message in read_catalog("de"):
        if not message.id:
            continue
        singular = message.id if isinstance(message.id, str) else message.id[1]
        for said in [message.string] if isinstance(message.string, str) else message.string:
            assert said, singular
            assert sorted(_PLACE.findall(said)) == sorted(_PLACE.findall(singular))


def test_the_compiled_catalogue_is_that_of_its_source() -> None:
    assert po_path("de").with_suffix(".mo").read_bytes() == compiled(read_catalog("de"))


@pytest.mark.parametrize("name", NAMES)
def test_pages_speak_german(name: str) -> None:
    html = render_review(view(sample(name), language="de")).html
    text = page_text(html)
    assert '<html lang="de" dir="ltr">' in html
    assert "Antworten bis heute, 19:00 (UTC), in 3 Stunden" in text
    assert "Vom Agenten geschrieben" in text
    assert "Written by" not in text


def test_an_encrypted_case_has_words_of_the_reader_in_the_place_of_its_prompt() -> None:
    reader = Reader(words=words_for("de"), now=NOW, person_id=1)
    row = row_of(made("x-sealed", NEUTRAL_PROMPT, {"envelope": "c2VjcmV0"}), reader)
    assert (row.prompt, row.opening) == ("Verschlüsselte Anfrage", "Öffnen")
    assert row_of(sample("approval"), reader).opening == "Prüfen"


@pytest.mark.parametrize("name", NAMES)
def test_pages_turn_round_for_languages_that_do(name: str, tmp_path: Path) -> None:
    html = render_review(view(sample(name)), words=mirrored(tmp_path)).html
    assert '<html lang="ar" dir="rtl">' in html
    assert "⟪Written by the agent⟫" in page_text(html)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.5, en;q=0.7", "en"),
        ("en;q=0.1, de;q=0.2", "de"),
        ("de;q=0, en", "en"),
        ("*", "en"),
        ("de;q=x", "en"),
        ("%%%;;;,,,", "en"),
        ("de;level=1", "en"),
    ],
)
def test_the_language_follows_what_the_browser_prefers(header: str | None, language: str) -> None:
    assert choose_language(header) == language


def test_an_unknown_language_is_english() -> None:
    assert words_for("xx").language == "en"
