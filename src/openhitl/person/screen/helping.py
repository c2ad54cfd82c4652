"""What the keys do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_KEYS = """\
j, k, ↓, ↑   next and previous case; scroll an open one
Enter        open the case; in an open case: answer it
a            answer the open case
e            edit what is to be approved, in your editor
x            pick it, to answer it with others like it by a
/            search the list; Esc ends the search
h            what waits, or what has ended
n            what agents told you; there m: all is read
Esc          back to the list
r            look again
q            quit

No key answers by itself: every answer is shown
with its question once more before you send it."""


class HelpScreen(ModalScreen[None]):
    """The list of keys; any of Esc, ? and q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss", "Close"),
        ("question_mark", "dismiss", "Close"),
        ("q", "dismiss", "Close"),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="window"):
            yield Static("Keys", classes="title", markup=False)
            yield Static(_KEYS, markup=False)
