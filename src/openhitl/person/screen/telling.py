"""What agents told somebody, as a screen of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from openhitl.person.drawing.lines import Span, Tone
from openhitl.person.drawing.notices import notice_lines
from openhitl.person.notices import Notices
from openhitl.person.screen.drawn import content

_LEAST_CELLS = 20
_EMPTY = "Nobody has told you anything yet."


class NoticeScreen(ModalScreen[None]):
    """Notices, newest first; Esc, n and q close it. `now` is asked whenever they are drawn.

    Args:
        mark_read: notes that all up to the notice with this id has been read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "dismiss", "Back"),
        Binding("m", "mark_read", "Read"),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(
        self, notices: Notices, *, now: Callable[[], datetime], mark_read: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._notices = notices
        self._now = now
        self._mark_read = mark_read
        # Held, not sought: notices may come before this is composed, or after it is gone.
        self._told = VerticalScroll(classes="window", id="told")
        self._drawing = Static(id="notices", markup=False)

    def compose(self) -> ComposeResult:
        with self._told:
            yield Static("Notices  m: mark all as read · Esc: back", classes="title", markup=False)
            yield self._drawing

    def on_resize(self) -> None:
        """Draw for the room that there is now."""
        self.show(self._notices)

    def show(self, notices: Notices) -> None:
        """Draw these."""
        self._notices = notices
        room = self._told.scrollable_content_region.width
        lines = list(notice_lines(notices.told, now=self._now(), width=max(room, _LEAST_CELLS)))
        self._drawing.update(content(lines or [(Span(_EMPTY, Tone.QUIET),)]))

    def action_scroll(self, lines: int) -> None:
        """Go up or down."""
        self._told.scroll_relative(y=lines, animate=False)

    async def action_mark_read(self) -> None:
        """Note that all that is shown has been read."""
        if self._notices.told:
            await self._mark_read(self._notices.told[0].notice_id)
