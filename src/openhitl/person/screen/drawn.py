"""Lines of ours as contents of widgets: text stays text, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from openhitl.person.drawing.lines import Line, Tone

_STYLES: Mapping[Tone, str] = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.QUIET: "dim",
    Tone.GOOD: "$text-success",
    Tone.WARN: "$text-warning",
    Tone.DANGER: "bold $text-error",
    Tone.ADDED: "$text-success",
    Tone.REMOVED: "$text-error",
}


def content(lines: Iterable[Line]) -> Content:
    """Put lines below each other."""
    return Content("\n").join(
        Content.assemble(*((span.text, _STYLES[span.tone]) for span in line)) for line in lines
    )
