"""The list of cases on the left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from openhitl.person.asked import Asked
from openhitl.person.drawing.listing import row
from openhitl.person.screen.drawn import content

#: What stands around each option.
_MARGIN_CELLS = 2
_LEAST_CELLS = 20


class CaseList(OptionList):
    """The cases, three lines each, of which one is highlighted. `now` is asked whenever they are drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
    ]

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(id="list", markup=False)
        self._now = now
        self._cases: Sequence[Asked] = ()
        #: The ids of those that are to be answered together.
        self.picked: set[str] = set()

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted case."""
        option = self.highlighted_option
        return option.id if option else None

    def show(self, cases: Sequence[Asked]) -> None:
        """Draw these cases; the one that was highlighted stays so, if it is still there."""
        before, at = self.chosen, self.highlighted
        self._cases = cases
        width, now = max(self.scrollable_content_region.width - _MARGIN_CELLS, _LEAST_CELLS), self._now()
        self.set_options(
            Option(
                content(row(asked, now=now, width=width, is_picked=asked.case_id in self.picked)),
                id=asked.case_id,
            )
            for asked in cases
        )
        ids = [asked.case_id for asked in cases]
        if before in ids:
            self.highlighted = ids.index(before)
        elif ids:
            self.highlighted = min(at or 0, len(ids) - 1)

    def redraw(self) -> None:
        """Draw the same cases again: time has passed, or there is more or less room."""
        self.show(self._cases)

    def on_resize(self) -> None:
        """Draw for the room that there is now."""
        self.redraw()
