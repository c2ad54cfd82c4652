"""The case on the right: drawn as everywhere, with room to scroll."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from openhitl.person.asked import Asked
from openhitl.person.drawing.case import draw
from openhitl.person.screen.drawn import content

_LEAST_CELLS = 20
_MOST_CELLS = 100


class CaseView(VerticalScroll, can_focus=True):
    """One case, whole. `now` is asked whenever it is drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("enter", "app.answer", show=False),
    ]

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(id="case")
        self._now = now
        self.asked: Asked | None = None
        self._before: Asked | None = None
        # Held, not sought: a case may come before this is composed, or after it is gone.
        self._drawing = Static(id="drawing", markup=False)

    def compose(self) -> ComposeResult:
        yield self._drawing

    def show(self, asked: Asked | None, before: Asked | None = None) -> None:
        """Draw a case, or none; another than before is read from its start."""
        is_other = (asked and asked.case_id) != (self.asked and self.asked.case_id)
        self.asked, self._before = asked, before
        self.redraw()
        if is_other:
            self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Draw for the room that there is now."""
        self.redraw()

    def redraw(self) -> None:
        """Draw the same case again, for the room that there is."""
        if self.asked is None:
            self._drawing.update("")
            return
        room = self.scrollable_content_region.width - 2
        width = min(max(room, _LEAST_CELLS), _MOST_CELLS)
        drawn = draw(self.asked, now=self._now(), width=width, before=self._before)
        self._drawing.update(content(drawn))
