"""What changed, with a sign before every line: plus and minus, never colour alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from openhitl.person.drawing.cells import broken
from openhitl.person.drawing.lines import EMPTY, Line, Span, Tone, paragraph, rows
from openhitl.protocol.diffs import Chunk, Piece, compare, parse_patch

_TONES = {"added": Tone.ADDED, "removed": Tone.REMOVED, "hunk": Tone.QUIET, "file": Tone.QUIET}
_SIGNS = {"added": "+", "removed": "-", "same": " "}


def patch(text: str, width: int) -> Iterator[Line]:
    """Draw a unified diff that somebody sent."""
    for line in parse_patch("\n".join(rows(text))):
        yield from _signed(_SIGNS.get(line.kind, ""), line.text, width, _TONES.get(line.kind, Tone.PLAIN))


def changes(old: str, new: str, width: int) -> Iterator[Line]:
    """Draw what differs between two texts, three lines of what stayed around it."""
    found = compare("\n".join(rows(old)), "\n".join(rows(new)))
    if found.too_large:
        yield from paragraph("The text is too long to compare.", width, Tone.QUIET)
        return
    if not found.changed:
        yield from paragraph("The text is the same.", width, Tone.QUIET)
        return
    yield from paragraph(f"Changed {found.changed} of {found.total} lines.", width, Tone.QUIET)
    for chunk in found.chunks:
        yield from _chunk(chunk, width)


def _chunk(chunk: Chunk, width: int) -> Iterator[Line]:
    if chunk.folded:
        yield from paragraph(f"@@ {len(chunk.new)} unchanged lines @@", width, Tone.QUIET)
        return
    if chunk.same:
        for line in chunk.new:
            yield from _signed(" ", _text(line.pieces), width, Tone.PLAIN)
        return
    for line in chunk.old:
        yield from _signed("-", _text(line.pieces), width, Tone.REMOVED)
    for line in chunk.new:
        yield from _signed("+", _text(line.pieces), width, Tone.ADDED)


def _text(pieces: Sequence[Piece]) -> str:
    return "".join(text for text, _ in pieces)


def _signed(sign: str, text: str, width: int, tone: Tone) -> Iterator[Line]:
    """Draw a line with its sign, which every piece of a broken line repeats."""
    for piece in broken(text, width - len(sign)):
        yield (Span(sign + piece, tone),) if sign + piece else EMPTY
