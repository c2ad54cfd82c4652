"""The human side of the command line: standard error, with a line that lives while we wait."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TextIO

from openhitl.agent.telling import Telling, has_screen
from openhitl.protocol.visible import segments, visible

TICK_SECONDS = 1.0
#: Between the parts of a live line; the first says most.
PART = " · "
_CLEAR = "\r\x1b[2K"


class Terminal:
    """Says things on standard error; the answer alone belongs on standard output.

    Whoever wrote a text, it cannot move the cursor or do anything else but be seen.

    `live` tells whether a line may be redrawn: on a terminal that can do it, and never in a file.
    """

    def __init__(self, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
        self._stream = stream or sys.stderr
        self.live = self._stream.isatty() and environ.get("TERM", "dumb") != "dumb"
        self._drawn = False

    def say(self, text: str = "") -> None:
        """Print whole lines, above the live line."""
        self._stream.write(f"{self._cleared()}{visible(text)}\n")
        self._stream.flush()

    def draw(self, text: str) -> None:
        """Redraw the live line, its last parts left out on a narrow terminal; without one do nothing."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"{_CLEAR}{_fitted(visible(text), width)}")
            self._stream.flush()
            self._drawn = True

    def clear(self) -> None:
        """Take the live line away."""
        self._stream.write(self._cleared())
        self._stream.flush()

    async def keep_drawing(self, line: Callable[[], str]) -> None:
        """Redraw the live line every second until cancelled."""
        while self.live:
            self.draw(line())
            await asyncio.sleep(TICK_SECONDS)

    def _cleared(self) -> str:
        if not self._drawn:
            return ""
        self._drawn = False
        return _CLEAR


def _fitted(text: str, width: int) -> str:
    """Leave out what stands last between ` · ` until the line fits."""
    while len(text) > width and PART in text:
        text = text.rpartition(PART)[0]
    return text[:width]


def for_stdout(text: str) -> str:
    """Spell text for standard output: a program gets it as it is, a terminal nothing it would obey."""
    return visible(text) if sys.stdout.isatty() else text


def json_for_stdout(value: Any, *, indent: int | None = None) -> str:
    """Spell a value as JSON; on a terminal, what would not be seen is escaped, which is the same JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if not sys.stdout.isatty():
        return text
    return "".join(_json_escape(run) if is_hidden else run for run, is_hidden in segments(text))


def _json_escape(escape: str) -> str:
    """Turn an escape like `⟦U+202E⟧` into JSON's, of two halves beyond U+FFFF."""
    units = chr(int(escape[3:-1], 16)).encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def telling(terminal: Terminal, *, open_browser: bool) -> Telling:
    """Get review pages before whoever sits at a terminal: `open_browser` where there is a screen."""
    return Telling(
        say=terminal.say,
        open_browser=open_browser and has_screen(),
        draw_qr=terminal.live,
        show_way=True,
    )


def left_words(left: timedelta) -> str:
    """Say how much time is left, in the two largest units that matter."""
    seconds = max(int(left.total_seconds()), 0)
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes}:{seconds % 60:02}"
