"""The step before an answer is sent: what will be done to what, in whose words, and what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static, TextArea

from openhitl.errors import CallerError, CaseCancelled, CaseExpired, DuplicateSubmission, HitlError
from openhitl.person.answers import WORDS, Given, answer_data
from openhitl.person.asked import Asked
from openhitl.person.drawing.bodies import text_of
from openhitl.person.drawing.frame import done_label
from openhitl.person.drawing.lines import said
from openhitl.person.drawing.patches import changes
from openhitl.person.drawing.verbs import APPROVE_EDITED, VERBS
from openhitl.person.inbox import Inbox, Submissions
from openhitl.person.screen.choosing import Choices
from openhitl.person.screen.drawn import content
from openhitl.person.screen.fields import FieldBox, changed, field_of
from openhitl.protocol.context import Context

_DIFF_CELLS = 76
_CLOSED = (DuplicateSubmission, CaseCancelled, CaseExpired)
_CALLS = {"edit": "What shall be changed?", "reject": "Why? (optional)"}


class AnswerScreen(ModalScreen[str | None]):
    """One answer to one case. Closes with what was recorded, or with None if nothing was sent.

    Args:
        edited: the artifact as its person edited it.
        edit_text: opens an editor on a text.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back"),
        Binding("ctrl+s", "send", "Send"),
        Binding("ctrl+e", "edit", "Editor"),
    ]

    def __init__(
        self,
        inbox: Inbox,
        asked: Asked,
        action: str,
        *,
        edited: Any = None,
        edit_text: Callable[[str, str], str | None],
    ) -> None:
        super().__init__()
        self._inbox = inbox
        self.asked = asked
        self.action = action
        self._edited = edited
        self._edit_text = edit_text
        self._submissions = Submissions()
        self._is_sending = False
        self._parts = asked.parts or Context()
        self._asks_ref = asked.needs_ref(action, {} if edited is None else {"edits": edited})
        # Held, not sought: the case may end before this is composed.
        self._error = Static("", id="error", classes="error", markup=False)
        self._send_button = Button(Content(self.verb), id="send", variant="primary")

    @property
    def verb(self) -> str:
        """What will be done."""
        return VERBS[self.action] if self._edited is None else APPROVE_EDITED

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="window", can_focus=False):
            yield Static(f"{self.verb}: {said(self.asked.prompt)}", classes="title", markup=False)
            yield Static(f"Asked by {said(self.asked.agent)}", markup=False)
            yield from self._controls()
            if self._asks_ref:
                grave = "is of high risk" if self.asked.risk == "high" else "cannot be undone"
                words = f"⚠ This {grave}. Type the reference code of the case:"
                yield Static(words, classes="grave", markup=False)
                yield Input(id="ref", max_length=8)
            yield self._error
            with Horizontal(classes="buttons"):
                yield Button("Back", id="back")
                yield self._send_button

    def _controls(self) -> Iterator[Widget]:
        if self._edited is not None and self._parts.artifact is not None:
            old, new = text_of(self._parts.artifact.content), text_of(self._edited)
            yield Static(content(changes(old, new, _DIFF_CELLS)), markup=False)
        if self.action == "select" or (self.action == "confirm" and self._parts.partial):
            yield self._items()
        if self.action == "retry":
            yield from (FieldBox(field_of(param)) for param in self._parts.params)
        if self.action == "submit" and self._parts.form is not None:
            for step in self._parts.form.steps:
                if step.title:
                    yield Static(said(step.title), classes="title label", markup=False)
                yield from map(FieldBox, step.fields)
        if self.asked.type in WORDS:
            yield Static(_CALLS.get(self.action, "Note (optional)"), classes="label", markup=False)
            yield TextArea(id="words")

    def _items(self) -> Choices:
        options = [(item.id, item.title) for item in self._parts.items]
        ticked = [item.id for item in self._parts.items] if self.action == "confirm" else []
        return Choices(options, single=self._parts.max == 1, chosen=ticked, name="items")

    def on_mount(self) -> None:
        """Ask for no field that is not asked for yet."""
        self._hide_fields()

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Choices.SelectedChanged)
    def _hide_fields(self) -> None:
        """Show the fields that are asked for, given what was filled in. HITL v0.8 §10.3.3."""
        form = self._parts.form
        if self.action != "submit" or form is None:
            return
        values = form.from_text(self._typed(self.query(FieldBox)))
        shown = {field.key for field in form.visible(values)}
        for box in self.query(FieldBox):
            box.display = box.field.key in shown

    def given(self) -> Given:
        """Return what was filled in."""
        words = [area.text for area in self.query("#words").results(TextArea)]
        chosen = [choices.chosen for choices in self.query(Choices) if choices.name == "items"]
        return Given(
            reason=words[0].strip() if words else "",
            data=self._chosen(chosen[0]) if chosen else {},
            fields=tuple(self._fields()),
            content=self._edited,
        )

    def _chosen(self, ids: Sequence[str]) -> dict[str, Any]:
        return {"selected" if self.action == "select" else "confirmed_items": list(ids)}

    def _fields(self) -> Sequence[tuple[str, str]]:
        if self.action != "retry":
            return self._typed(box for box in self.query(FieldBox) if box.display)
        params = {param.name: param for param in self._parts.params}
        boxes = self.query(FieldBox)
        return self._typed(box for box in boxes if changed(params[box.field.key], box.typed()))

    @staticmethod
    def _typed(boxes: Any) -> list[tuple[str, str]]:
        return [pair for box in boxes for pair in box.typed()]

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Send nothing."""
        self.dismiss(None)

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Check what was filled in, and send it."""
        self._complain("")
        for box in self.query(FieldBox):
            box.complain("")
        try:
            data = answer_data(self.asked, self.action, self.given())
        except CallerError as error:
            self._refuse(error)
            return
        if self._asks_ref and self.query_one("#ref", Input).value.strip().upper() != self.asked.ref:
            self._complain("That is not the reference code of this case. It stands at its top.")
            return
        self._send_button.disabled = True
        self._send(data)

    @work(exclusive=True)
    async def _send(self, data: dict[str, Any]) -> None:
        self._is_sending = True
        submission_id = self._submissions.id_of(self.asked, self.action, data)
        try:
            await self._inbox.answer(self.asked, self.action, data, submission_id=submission_id)
        except _CLOSED as error:
            self._complain(f"Not sent: {error.message}")
        except CallerError as error:
            self._again()
            self._refuse(error)
        except HitlError as error:
            self._again()
            self._complain(f"Not sent: {error.message} What you filled in is kept; send it again.")
        else:
            self.dismiss(f"{done_label(self.action, data)}: {self.asked.prompt}")

    def _again(self) -> None:
        self._is_sending = False
        self._send_button.disabled = False

    def say_ended(self, outcome: str) -> None:
        """Say that this was answered elsewhere, so that nobody goes on with it."""
        if self._is_sending:  # it may be this very answer
            return
        self._send_button.disabled = True
        self._complain(f"{outcome}. Nothing was sent.")

    def _refuse(self, error: CallerError) -> None:
        """Say what is wrong where it was filled in, else below."""
        boxes = {f"data.{box.field.key}": box for box in self.query(FieldBox)}
        boxes |= {f"data.modified_params.{box.field.key}": box for box in self.query(FieldBox)}
        others = []
        for one in error.details.get("errors", ()):
            box = boxes.get(str(one.get("path")))
            if box is None:
                others.append(f"{one.get('path')}: {one.get('message')}")
            else:
                box.complain(str(one.get("message")))
        self._complain("\n".join([error.message, *others]))

    def _complain(self, message: str) -> None:
        self._error.update(message)

    def action_edit(self) -> None:
        """Go on with the text at the cursor in an editor."""
        focused = self.focused
        if isinstance(focused, TextArea):
            text = self._edit_text(focused.text, "words.txt")
            if text is not None:
                focused.text = text
