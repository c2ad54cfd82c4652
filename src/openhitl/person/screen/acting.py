"""Choosing what to answer; nothing is sent by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from openhitl.person.asked import Asked
from openhitl.person.drawing.lines import said
from openhitl.person.drawing.verbs import VERBS

#: Not an action of the protocol: an edit that is made in an editor first.
EDITOR = "editor"


class ActionMenu(ModalScreen[str | None]):
    """The answers that a case takes. Closes with one of its actions, with `EDITOR`, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Back"),
        ("q", "dismiss", "Back"),
    ]

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="window", can_focus=False):
            yield Static(said(self._asked.prompt), classes="title", markup=False)
            yield OptionList(*self._options(), id="actions", markup=False)

    def _options(self) -> Iterator[Option]:
        for action in reversed(self._asked.actions):
            if action == "edit" and self._asked.parts and self._asked.parts.artifact:
                yield Option(Content("Edit it in my editor…"), id=EDITOR)
            yield Option(Content(f"{VERBS[action]}…"), id=action)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
