"""Several small questions answered at once: of one agent and one type, every title listed before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from openhitl.errors import CallerError, HitlError
from openhitl.person.asked import Asked
from openhitl.person.drawing.frame import DONE
from openhitl.person.drawing.lines import said
from openhitl.person.drawing.verbs import VERBS
from openhitl.person.inbox import Inbox, Submissions
from openhitl.protocol.brief import MOST_TOGETHER


class TogetherScreen(ModalScreen[str | None]):
    """One answer to each of these cases. Closes with what was recorded, or with None if nothing was sent."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Back")]

    def __init__(self, inbox: Inbox, cases: Sequence[Asked]) -> None:
        super().__init__()
        self._inbox = inbox
        self._cases = cases
        self._submissions = Submissions()

    def compose(self) -> ComposeResult:
        count = len(self._cases)
        with VerticalScroll(classes="window", can_focus=False):
            title = f"{count} together, asked by {said(self._cases[0].agent)}"
            yield Static(title, classes="title", markup=False)
            for asked in self._cases:
                yield Static(f"{said(asked.ref)}  {said(asked.prompt)}", markup=False)
            yield Static("", id="error", classes="error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Back", id="back")
                for action in self._cases[0].brief_actions:
                    yield Button(Content(f"{VERBS[action]} {count}"), id=action)

    @on(Button.Pressed)
    def _choose(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            self.dismiss(None)
        elif event.button.id is not None:
            for button in self.query(Button):
                button.disabled = True
            self._send(event.button.id)

    @work(exclusive=True)
    async def _send(self, action: str) -> None:
        done: Counter[str] = Counter()
        try:
            for asked in self._cases:
                done[await self._answer(asked, action)] += 1
        except HitlError as error:
            for button in self.query(Button):
                button.disabled = False
            self.query_one("#error", Static).update(f"Not all were sent: {error.message} Send them again.")
            return
        self.dismiss(", ".join(f"{count} {outcome}" for outcome, count in done.items()))

    async def _answer(self, asked: Asked, action: str) -> str:
        """Answer one; a refusal of one, as when somebody was first, keeps the others from nothing."""
        submission_id = self._submissions.id_of(asked, action, {})
        try:
            await self._inbox.answer(asked, action, {}, submission_id=submission_id)
        except CallerError as error:
            return f"not sent ({error.message})"
        return DONE[action].lower()


def unfit(asked: Asked, picked: Sequence[Asked]) -> str:
    """Say why a case cannot be answered together with those that are picked; empty if it can."""
    if not asked.brief_actions or asked.ended is not None:
        return "Only small questions of low risk are answered together: open this one."
    kind = (asked.agent_id, asked.agent, asked.type)
    if any((one.agent_id, one.agent, one.type) != kind for one in picked):
        return "Only questions of one agent and one type are answered together."
    return f"At most {MOST_TOGETHER} are answered together." if len(picked) == MOST_TOGETHER else ""
