"""Characters that would not be seen, made visible: nothing hides between the letters of a question.

Hidden are the control characters but tab and line ends, whatever turns text round, what takes no
room (joiners, fillers, tags, byte order marks) and halves of characters. Spaces of any width stay.
So do joiners where a script or a picture needs them: between two letters of the scripts that join
(as Unicode Standard Annex 31 allows them in identifiers) and between the pictures of one emoji.
"""

from __future__ import annotations

import re
import unicodedata

#: No space is hidden, not even those that do not break (U+00A0 and U+202F, ordinary in German and
#: French numbers): it keeps words and digits as far apart as any other, so nobody reads another text.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: Letters that change their shape beside each other: Arabic to NKo, the Indic scripts, Khmer, Mongolian.
_JOINING = re.compile(r"[\u0620-\u07ff\u0900-\u109f\u1780-\u18af]")
#: Emoji that Unicode counts as letters, punctuation or symbols of mathematics.
_OTHER_PICTURES = frozenset("‼⁉ℹ↔◻◼◽◾⤴⤵〰")
_KEYCAPS = frozenset("#*0123456789")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def visible(text: str) -> str:
    """Spell hidden characters as escapes like `⟦U+202E⟧`."""
    if not _HIDDEN.search(text):
        return text
    return "".join(part for part, _ in segments(text))


def segments(text: str) -> list[tuple[str, bool]]:
    """Split text into runs to show as they are and escapes (marked True), one for each character."""
    runs: list[tuple[str, bool]] = []
    start = 0
    for found in _HIDDEN.finditer(text):
        index = found.start()
        if _is_needed(text, index):
            continue
        if start < index:
            runs.append((text[start:index], False))
        runs.append((f"⟦U+{ord(text[index]):04X}⟧", True))
        start = index + 1
    if start < len(text):
        runs.append((text[start:], False))
    return runs


def _is_needed(text: str, index: int) -> bool:
    """Tell whether a character that draws nothing shapes what stands around it."""
    character = text[index]
    before, after = text[index - 1 : index], text[index + 1 : index + 2]
    if character == "\r":
        return after == "\n"
    if character in "\ufe0e\ufe0f":
        return _is_picture(before) or (before in _KEYCAPS and after == "\u20e3")
    if character == "\u200d" and _ends_picture(text, index) and _is_picture(after):
        return True
    if character in "\u200c\u200d":
        return bool(_JOINING.match(before) and _JOINING.match(after))
    return False


def _ends_picture(text: str, index: int) -> bool:
    """Tell whether an emoji ends here, perhaps with a skin tone or a variation selector."""
    before = text[index - 1 : index]
    if before == "\ufe0f" or _is_skin_tone(before):
        before = text[index - 2 : index - 1]
    return _is_picture(before)


def _is_skin_tone(character: str) -> bool:
    return _SKIN_TONES[0] <= character <= _SKIN_TONES[1]


def _is_picture(character: str) -> bool:
    if not character:
        return False
    return unicodedata.category(character) == "So" or character in _OTHER_PICTURES


def one_line(text: object) -> str:
    """Put text of others on one line, with nothing in it that could move a cursor."""
    return visible(" ".join(str(text).split()))
