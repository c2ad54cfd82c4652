"""Notices as lines: who, when, and in a frame what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from openhitl.person.drawing.lines import BOX_CELLS, EMPTY, Line, Span, Tone, paragraph, said
from openhitl.person.drawing.moments import moment
from openhitl.person.notices import Told

_KINDS: Mapping[str, tuple[str, Tone]] = {
    "done": ("Done", Tone.GOOD),
    "warning": ("⚠ Warning", Tone.WARN),
    "error": ("⚠ Error", Tone.DANGER),
}


def notice_lines(notices: Sequence[Told], *, now: datetime, width: int) -> Iterator[Line]:
    """Draw notices, an empty line after each."""
    for told in notices:
        yield from _one(told, now, width)
        yield EMPTY


def _one(told: Told, now: datetime, width: int) -> Iterator[Line]:
    kind, tone = _KINDS.get(told.kind, ("", Tone.PLAIN))
    yield (
        Span("" if told.is_read else "New · ", Tone.STRONG),
        # What we say stands first: the rest may be what somebody calls itself.
        Span("Encrypted · " if told.is_sealed else "", Tone.QUIET),
        Span(f"{kind} · " if kind else "", tone),
        Span(f"{moment(told.created_at, now)} · ", Tone.QUIET),
        Span(said(told.agent), Tone.STRONG),
    )
    if told.trouble:
        yield from paragraph(told.trouble, width, Tone.WARN, indent=2)
        return
    for line in paragraph(told.message, width - BOX_CELLS):
        yield (Span("│ " if line else "│", Tone.QUIET), *line)
