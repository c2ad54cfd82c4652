"""Characters that would not be seen, made visible: nothing hides between the letters of a question."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

#: Joins emoji into one picture, between two pictures.
_JOINER = "\u200d"
_VARIATION = frozenset("\ufe0e\ufe0f")
_KEPT = frozenset("\n\t")
_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Spell characters that are invisible, or turn text round, as escapes like `⟦U+202E⟧`.

    Line feeds and tabs stay, and so do the joiners and variation selectors inside ordinary emoji.
    """
    if not _SUSPECT.search(text):
        return text
    return "".join(part for part, _ in segments(text))


def segments(text: str) -> list[tuple[str, bool]]:
    """Split text into runs to show as they are and escapes (marked True)."""
    drawn = [
        (f"⟦U+{ord(character):04X}⟧", True) if _is_hidden(text, index) else (character, False)
        for index, character in enumerate(text)
    ]
    runs: list[tuple[str, bool]] = []
    for is_escape, group in groupby(drawn, key=lambda pair: pair[1]):
        if is_escape:
            runs.extend(group)
        else:
            runs.append(("".join(character for character, _ in group), False))
    return runs


def _is_hidden(text: str, index: int) -> bool:
    character = text[index]
    if character in _KEPT or not _SUSPECT.match(character):
        return False
    before = text[index - 1] if index else ""
    after = text[index + 1] if index + 1 < len(text) else ""
    if character == _JOINER:
        return not (_is_picture(before) and _is_picture(after))
    if character in _VARIATION:
        return not _is_picture(before)
    return True


def _is_picture(character: str) -> bool:
    """Tell an emoji, its skin tone or its variation selector from a letter."""
    if not character:
        return False
    return (
        unicodedata.category(character) in ("So", "Sk")
        or character in _VARIATION
        or character in "#*0123456789"
    )
