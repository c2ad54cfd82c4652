"""The list of cases on the left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from openhitl.person.asked import Asked
from openhitl.person.drawing.listing import row
from openhitl.person.screen.drawn import content

#: What the frame and the scroll bar take of a line.
_BORDER_CELLS = 4


class CaseList(OptionList):
    """The cases, three lines each, of which one is highlighted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="list", markup=False)
        self._cases: Sequence[Asked] = ()

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted case."""
        option = self.highlighted_option
        return option.id if option else None

    def show(self, cases: Sequence[Asked], now: datetime) -> None:
        """Draw these cases; the one that was highlighted stays so, if it is still there."""
        before, at = self.chosen, self.highlighted
        self._cases = cases
        width = max(self.size.width - _BORDER_CELLS, 20)
        self.set_options(
            Option(content(row(asked, now=now, width=width)), id=asked.case_id) for asked in cases
        )
        ids = [asked.case_id for asked in cases]
        if before in ids:
            self.highlighted = ids.index(before)
        elif ids:
            self.highlighted = min(at or 0, len(ids) - 1)

    def redraw(self, now: datetime) -> None:
        """Draw the same cases again: time has passed, or there is more or less room."""
        self.show(self._cases, now)
