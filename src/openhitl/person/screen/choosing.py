"""Choosing from a few: one or several, by their labels."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from openhitl.person.drawing.lines import said


class Choices(SelectionList[str]):
    """Options to tick; with `single`, ticking one takes the tick from the others.

    Args:
        options: pairs of a value and its label.
        chosen: values that are ticked at first.
    """

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        *,
        single: bool,
        chosen: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        super().__init__(
            *(Selection(Content(said(label)), value, value in chosen) for value, label in options),
            name=name,
        )
        self._single = single
        self._known = [value for value, _ in options]

    def on_selection_list_selection_toggled(self, event: SelectionList.SelectionToggled[str]) -> None:
        """Leave one ticked."""
        if self._single and event.selection.value in self.selected:
            for value in self.selected:
                if value != event.selection.value:
                    self.deselect(value)

    @property
    def chosen(self) -> list[str]:
        """The ticked values, in the order of the options."""
        ticked = set(self.selected)
        return [value for value in self._known if value in ticked]
