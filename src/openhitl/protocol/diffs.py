"""What changed between two texts, as values that a template can draw.

One structure serves both layouts: on a narrow screen the old lines of a chunk stand above the new
ones, on a wide one beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from openhitl.protocol.record import record

MAX_LINES = 3000
MAX_CHARACTERS = 400_000
_AROUND = 3  # unchanged lines kept on either side of a change
_MIN_FOLD = 4  # a run shorter than this is not worth folding
_MAX_MARKED_CHARACTERS = 600
_MAX_MARKED_LINES = 800
_MAX_REWRITTEN_CHARACTERS = 25_000  # of all rewritten lines together: comparing words takes their square
_WORD = re.compile(r"\w+|\s+|[^\w\s]")

#: A piece of a line and whether it differs from the other side.
Piece = tuple[str, bool]


@record(frozen=True, slots=True)
class Line:
    """One line: its number in its own text, from 1, and its pieces."""

    number: int
    pieces: Sequence[Piece]


@record(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A run of lines. `same` has equal `old` and `new`; `folded` asks to be drawn closed."""

    same: bool
    old: Sequence[Line]
    new: Sequence[Line]
    folded: bool = False


@record(frozen=True, slots=True, kw_only=True)
class Diff:
    """All chunks in order; `changed` of `total` lines differ. `too_large`: not compared."""

    chunks: Sequence[Chunk] = ()
    changed: int = 0
    total: int = 0
    too_large: bool = False


def compare(old: str, new: str) -> Diff:
    """Compare two texts line by line, and word by word within lines that were rewritten."""
    before, after = old.splitlines(), new.splitlines()
    if max(len(before), len(after)) > MAX_LINES or max(len(old), len(new)) > MAX_CHARACTERS:
        return Diff(too_large=True)
    chunks: list[Chunk] = []
    changed = total = 0
    matcher = SequenceMatcher(None, before, after)
    opcodes = matcher.get_opcodes()
    rewritten = (
        line
        for tag, old_start, old_end, new_start, new_end in opcodes
        if tag == "replace"
        for line in (*before[old_start:old_end], *after[new_start:new_end])
    )
    mark = (
        len(before) + len(after) <= _MAX_MARKED_LINES
        and sum(map(len, rewritten)) <= _MAX_REWRITTEN_CHARACTERS
    )
    for tag, old_start, old_end, new_start, new_end in opcodes:
        size = max(old_end - old_start, new_end - new_start)
        total += size
        if tag == "equal":
            lines = [Line(number + 1, ((after[number], False),)) for number in range(new_start, new_end)]
            chunks.extend(_folds(lines, first=new_start == 0, last=new_end == len(after)))
        else:
            changed += size
            chunks.append(
                _rewritten(
                    before[old_start:old_end], after[new_start:new_end], (old_start, new_start), mark=mark
                )
            )
    return Diff(chunks=tuple(chunks), changed=changed, total=total)


def _folds(lines: Sequence[Line], *, first: bool, last: bool) -> Iterator[Chunk]:
    """Split an unchanged run into what stays open beside changes and what is folded between."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    middle = lines[head : len(lines) - tail]
    if len(middle) < _MIN_FOLD:
        yield Chunk(same=True, old=lines, new=lines)
        return
    rest = lines[len(lines) - tail :] if tail else []
    for part, folded in ((lines[:head], False), (middle, True), (rest, False)):
        if part:
            yield Chunk(same=True, old=part, new=part, folded=folded)


def _rewritten(before: Sequence[str], after: Sequence[str], start: tuple[int, int], *, mark: bool) -> Chunk:
    old = [Line(start[0] + index + 1, ((text, False),)) for index, text in enumerate(before)]
    new = [Line(start[1] + index + 1, ((text, False),)) for index, text in enumerate(after)]
    if mark and len(old) == len(new):
        pairs = [_marked(*pair) for pair in zip(old, new, strict=True)]
        old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Chunk(same=False, old=old, new=new)


def _marked(old: Line, new: Line) -> tuple[Line, Line]:
    """Mark the words that differ between two versions of a line, if they have enough in common."""
    left, right = old.pieces[0][0], new.pieces[0][0]
    if max(len(left), len(right)) > _MAX_MARKED_CHARACTERS:
        return old, new
    left_words, right_words = _WORD.findall(left), _WORD.findall(right)
    matcher = SequenceMatcher(None, left_words, right_words, autojunk=False)
    if matcher.ratio() < 0.4:
        return old, new
    left_pieces: list[Piece] = []
    right_pieces: list[Piece] = []
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        differs = tag != "equal"
        if old_end > old_start:
            left_pieces.append(("".join(left_words[old_start:old_end]), differs))
        if new_end > new_start:
            right_pieces.append(("".join(right_words[new_start:new_end]), differs))
    return Line(old.number, left_pieces), Line(new.number, right_pieces)


@record(frozen=True, slots=True)
class PatchLine:
    """A line of a unified diff: kind is file, hunk, added, removed or same; text without its sign."""

    kind: str
    text: str


def parse_patch(text: str) -> Sequence[PatchLine]:
    """Read a unified diff for display; whatever is not recognised stays an unchanged line."""
    return tuple(_patch_line(line) for line in text.splitlines())


def _patch_line(line: str) -> PatchLine:
    if line.startswith(("--- ", "+++ ", "diff ", "index ")):
        return PatchLine("file", line)
    if line.startswith("@@"):
        return PatchLine("hunk", line)
    if line.startswith("+"):
        return PatchLine("added", line[1:])
    if line.startswith("-"):
        return PatchLine("removed", line[1:])
    return PatchLine("same", line[1:] if line.startswith(" ") else line)
