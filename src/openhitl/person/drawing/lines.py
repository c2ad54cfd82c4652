"""Lines made of runs of text, each with a tone: a terminal draws it as colour, paper as nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from openhitl.person.drawing.cells import TAB, broken, cells
from openhitl.protocol.record import record
from openhitl.protocol.visible import visible


class Tone(StrEnum):
    """What a run of text is; nothing is said by its tone alone."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    GOOD = "good"
    WARN = "warn"
    DANGER = "danger"
    ADDED = "added"
    REMOVED = "removed"


@record(frozen=True, slots=True)
class Span:
    """A run of text on one line, with nothing in it that a terminal would obey."""

    text: str
    tone: Tone = Tone.PLAIN


Line = Sequence[Span]
EMPTY: Line = ()


def said(text: object) -> str:
    """Spell one line of anybody's text: what would not be seen as an escape, line ends as spaces."""
    return visible(str(text).replace("\r\n", "\n").replace("\n", " ").replace("\t", " "))


def rows(text: object) -> list[str]:
    """Spell anybody's text as the lines it has; what would not be seen as escapes."""
    lines = visible(str(text).replace("\r\n", "\n")).replace("\t", TAB).split("\n")
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return lines


def paragraph(text: object, width: int, tone: Tone = Tone.PLAIN, *, indent: int = 0) -> Iterator[Line]:
    """Lay anybody's text out within a width."""
    margin = " " * indent
    for row in rows(text):
        for piece in broken(row, width - indent):
            yield (Span(margin + piece, tone),) if piece else EMPTY


def labelled(label: str, text: object, width: int, *, column: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    """Lay text out beside a label, or below it where there is little room."""
    head = said(label)
    if cells(head) >= column or width - column < column:
        yield from paragraph(head, width, Tone.QUIET)
        yield from paragraph(text, width, tone, indent=2)
        return
    first = f"{head}{' ' * (column - cells(head))}"
    for line in paragraph(text, width - column, tone):
        yield (Span(first, Tone.QUIET), *line)
        first = " " * column


def marked(sign: str, lines: Iterable[Line], tone: Tone = Tone.QUIET) -> Iterator[Line]:
    """Put a sign before the first of some lines, and as much room before the others."""
    first = sign
    for line in lines:
        yield (Span(first, tone), *line)
        first = " " * cells(sign)


def boxed(title: str, lines: Iterable[Line], width: int) -> Iterator[Line]:
    """Draw a frame round lines that were laid out for a width smaller by `BOX_CELLS`.

    Its right side stays open: nobody's wide or odd characters can bend it, and every line of theirs
    begins with our bar.
    """
    head = f"┌ {title} "
    yield (Span(head + "─" * max(width - cells(head), 0), Tone.QUIET),)
    for line in lines:
        yield (Span("│ " if line else "│", Tone.QUIET), *line)
    yield (Span("└" + "─" * max(width - 1, 0), Tone.QUIET),)


#: What a frame takes of a line.
BOX_CELLS = 2


def plain(line: Line) -> str:
    """Spell a line without tones."""
    return "".join(span.text for span in line).rstrip()
