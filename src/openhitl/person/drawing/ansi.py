"""Lines for a terminal that knows colours. ECMA-48 "SELECT GRAPHIC RENDITION"."""

from __future__ import annotations

from collections.abc import Mapping

from openhitl.person.drawing.lines import Line, Tone, plain

_CODES: Mapping[Tone, str] = {
    Tone.STRONG: "1",
    Tone.QUIET: "2",
    Tone.GOOD: "32",
    Tone.WARN: "33",
    Tone.DANGER: "1;31",
    Tone.ADDED: "32",
    Tone.REMOVED: "31",
}


def coloured(line: Line) -> str:
    """Spell a line with its tones as the terminal's own colours."""
    return "".join(
        f"\x1b[{_CODES[span.tone]}m{span.text}\x1b[0m" if span.tone in _CODES and span.text else span.text
        for span in line
    )


def wants_colour(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Tell whether to use colours: on a terminal that has them, unless `NO_COLOR` says something."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM", "dumb") != "dumb"


def spelt(line: Line, *, colour: bool) -> str:
    """Spell a line for standard output."""
    return coloured(line) if colour else plain(line)
