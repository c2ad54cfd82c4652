"""`hitl inbox`: the list left, the case right, answers in a window of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing, nullcontext, suppress
from datetime import datetime
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, OptionList, Static

from openhitl.client.config import ClientConfig
from openhitl.client.session import Session
from openhitl.errors import HitlError, NotFound, SetupError, SignInRequired
from openhitl.person.asked import Asked, Ended
from openhitl.person.drawing.bodies import text_of
from openhitl.person.drawing.frame import outcome_line
from openhitl.person.drawing.lines import said
from openhitl.person.drawing.listing import in_order
from openhitl.person.editor import edited
from openhitl.person.inbox import Inbox
from openhitl.person.notices import Notices
from openhitl.person.screen.acting import EDITOR, ActionMenu
from openhitl.person.screen.answering import AnswerScreen
from openhitl.person.screen.helping import HelpScreen
from openhitl.person.screen.listing import CaseList
from openhitl.person.screen.loading import Loading
from openhitl.person.screen.reading import CaseView
from openhitl.person.screen.telling import NoticeScreen
from openhitl.person.screen.together import TogetherScreen, unfit

MOST_CASES = 500
MOST_NOTICES = 50
#: From so many columns on, list and case stand side by side.
WIDE_CELLS = 100
GREETING_SECONDS = 20.0
#: How often times are said anew.
CLOCK_SECONDS = 30.0
_HINTS = "? help · q quit · Enter open · a answer · / search · h history"


class InboxApp(App[None]):
    """A person's inbox.

    Args:
        now: returns this instant in the zone of the terminal.
        greeting: what is said at the start.
        beside: is done once while the screen is there; returns what is to be said of it.
    """

    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_CELLS, "-wide")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "answer", "Answer"),
        Binding("e", "edit", "Edit"),
        Binding("x", "pick", "Pick"),
        Binding("slash", "search", "Search"),
        Binding("h", "history", "History"),
        Binding("n", "notices", "Notices"),
        Binding("r", "reload", "Look again"),
        Binding("question_mark", "help", "Help"),
        Binding("escape", "back", "Back"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(
        self,
        config: ClientConfig,
        *,
        now: Callable[[], datetime],
        greeting: str = "",
        beside: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        super().__init__()
        self._session = Session(config.credential)
        self._inbox = Inbox(config, self._session)
        self._config = config
        self._now = now
        self._greeting = greeting
        self._beside = beside
        self._cases: list[Asked] = []
        self._ended = False
        self._sought = ""
        self._offline = ""
        self._notices = Notices()
        self._loading = Loading(lambda: self._try(self._load()))
        self._telling = Loading(lambda: self._try(self._load_notices()))

    def compose(self) -> ComposeResult:
        yield Static(id="top", markup=False)
        yield Input(placeholder="Search", id="search")
        with Horizontal(id="panes"):
            yield CaseList(self._now)
            yield CaseView(self._now)
        yield Static(_HINTS, id="bottom", markup=False)

    def on_mount(self) -> None:
        """Begin to follow what happens."""
        self._say_top()
        self.query_one(CaseList).focus()
        self._follow()
        self._keep_loaded()
        self._keep_told()
        if self._greeting:
            self.notify(self._greeting, markup=False, timeout=GREETING_SECONDS)
        self._do_beside()
        self.set_interval(CLOCK_SECONDS, self._redraw)

    async def on_unmount(self) -> None:
        """Let the server go."""
        await self._session.close()

    @work(group="follow")
    async def _follow(self) -> None:
        async def hear() -> None:
            async with aclosing(self._inbox.follow()) as following:
                async for news in following:
                    if news.offline:
                        self._say_offline(news.offline)
                        continue
                    self._telling.want()
                    if not news.of_notices:
                        self._loading.want()

        await self._try(hear())

    @work(group="load")
    async def _keep_loaded(self) -> None:
        await self._loading.run()

    @work(group="notices")
    async def _keep_told(self) -> None:
        await self._telling.run()

    @work(group="beside")
    async def _do_beside(self) -> None:
        if self._beside is not None and (said_of_it := await self._beside()):
            self._refuse(said_of_it)

    @work(group="open", exclusive=True)
    async def _open(self, case_id: str) -> None:
        await self._try(self._fetch(case_id))

    async def _try(self, step: Awaitable[None]) -> None:
        """Do something with the server, and say at the top what went wrong."""
        try:
            await step
        except SignInRequired as error:
            self.exit(return_code=1, message=f"error: {error.message}\nhint: {error.hint}")
        except HitlError as error:
            self._say_offline(error.message)
        else:
            self._say_offline("")

    def _say_offline(self, why: str) -> None:
        self._offline = why
        self._say_top()

    async def _load(self) -> None:
        """Fetch the list, and the open case as it is now."""
        ended = self._ended
        cases = await self._inbox.cases({"status": "ended" if ended else "open"}, limit=MOST_CASES)
        if ended is not self._ended:  # the other list is wanted by now, and loaded next
            return
        self._cases = in_order(cases)
        opened = self.query_one(CaseView).asked
        if opened is not None:
            await self._fetch(opened.case_id, again=True)
        self._show_list()

    async def _load_notices(self) -> None:
        with suppress(NotFound):  # an older server does not tell
            self._notices = await self._inbox.notices(limit=MOST_NOTICES)
        self._say_top()
        if isinstance(self.screen, NoticeScreen):
            self.screen.show(self._notices)

    async def _mark_read(self, until: str) -> None:
        await self._try(self._inbox.mark_read(until))
        self._telling.want()

    async def _fetch(self, case_id: str, *, again: bool = False) -> None:
        """Fetch a case and show it; `again`: unless another one has been opened meanwhile."""
        view = self.query_one(CaseView)
        asked = before = None
        with suppress(NotFound):
            asked = await self._inbox.open(case_id)
            before = await self._inbox.last_round(asked)
        shown = view.asked
        if again and (shown is None or shown.case_id != case_id):
            return
        view.show(asked, before)
        if asked is not None and shown is not None and shown.case_id == case_id:
            self._compare(shown, asked)

    def _compare(self, before: Asked, asked: Asked) -> None:
        """Say that the open case has ended, if it had not before."""
        if before.ended is None and asked.ended is not None:
            self._say_ended(asked, asked.ended)

    def _say_ended(self, asked: Asked, ended: Ended) -> None:
        outcome = outcome_line(asked, ended, self._now())
        if isinstance(self.screen, AnswerScreen) and self.screen.asked.case_id == asked.case_id:
            self.screen.say_ended(outcome)
        self.notify(f"{said(asked.prompt)}\n{outcome}", markup=False)

    def _show_list(self) -> None:
        self.query_one(CaseList).show([one for one in self._cases if self._is_sought(one)])
        self._say_top()

    def _is_sought(self, asked: Asked) -> bool:
        text = " ".join((asked.ref, asked.type, asked.agent, asked.prompt, asked.case_id))
        return self._sought.casefold() in text.casefold()

    def _say_top(self) -> None:
        count = f"{len(self._cases)} ended" if self._ended else f"{len(self._cases)} waiting"
        name = self._config.login.name if self._config.login else ""
        title = "History" if self._ended else "Inbox"
        parts = [f"{title}  {count}", f"{said(name)} at {self._config.server_url}"]
        if self._notices.unread:
            parts.insert(1, f"{self._notices.unread} unread, n shows them")
        if self._sought:
            parts.append(f"search: {said(self._sought)}")
        if self._offline:
            parts.insert(0, f"OFFLINE: {self._offline}")
        self.query_one("#top", Static).update(" · ".join(parts))

    def _redraw(self) -> None:
        self.query_one(CaseList).redraw()
        self.query_one(CaseView).redraw()

    @on(OptionList.OptionHighlighted, "#list")
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        """Show the highlighted case beside the list; on a narrow screen it is opened first."""
        if event.option_id and (self.size.width >= WIDE_CELLS or self.screen.has_class("reading")):
            self._open(event.option_id)

    @on(OptionList.OptionSelected, "#list")
    def _read(self, event: OptionList.OptionSelected) -> None:
        self.screen.add_class("reading")
        self.query_one(CaseView).focus()
        if event.option_id:
            self._open(event.option_id)

    @on(Input.Changed, "#search")
    def _seek(self, event: Input.Changed) -> None:
        self._sought = event.value
        self._show_list()

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        self.query_one(CaseList).focus()

    def action_search(self) -> None:
        """Open the search."""
        box = self.query_one("#search", Input)
        box.add_class("open")
        box.focus()

    async def action_back(self) -> None:
        """Go back: from the search to everything, from a case to the list."""
        box = self.query_one("#search", Input)
        if box.has_class("open"):
            box.remove_class("open")
            box.value = ""
        self.screen.remove_class("reading")
        self.query_one(CaseList).focus()

    def action_history(self) -> None:
        """Change between what waits and what ended."""
        self._ended = not self._ended
        self.action_reload()

    def action_notices(self) -> None:
        """Show what agents told."""
        self.push_screen(NoticeScreen(self._notices, now=self._now, mark_read=self._mark_read))

    def action_reload(self) -> None:
        """Look again."""
        self._loading.want()

    def action_help(self) -> None:
        """Say what the keys do."""
        self.push_screen(HelpScreen())

    def action_pick(self) -> None:
        """Pick the highlighted case to be answered with others like it, or put it back."""
        cases = self.query_one(CaseList)
        asked = next((one for one in self._cases if one.case_id == cases.chosen), None)
        if asked is None:
            return
        picked = self._picked()
        if asked in picked:
            cases.picked.discard(asked.case_id)
        elif why := unfit(asked, picked):
            self.notify(why, markup=False)
        else:
            cases.picked.add(asked.case_id)
        cases.redraw()

    def _picked(self) -> list[Asked]:
        ids = self.query_one(CaseList).picked
        return [one for one in self._cases if one.case_id in ids and one.ended is None]

    def action_answer(self) -> None:
        """Choose an answer to the open case, or to those that were picked."""
        picked = self._picked()
        if picked:
            self.push_screen(TogetherScreen(self._inbox, picked), self._answered)
            return
        asked = self._answerable()
        if asked is None:
            return
        if len(asked.actions) == 1:
            self._begin(asked, asked.actions[0])
            return
        self.push_screen(ActionMenu(asked), lambda action: self._begin(asked, action) if action else None)

    def action_edit(self) -> None:
        """Edit what is to be approved."""
        asked = self._answerable()
        if asked is not None:
            self._begin(asked, EDITOR)

    def _answerable(self) -> Asked | None:
        asked = self.query_one(CaseView).asked
        if asked is None or asked.ended is not None:
            self.notify("Open a case that waits first.", markup=False)
            return None
        if asked.seal is not None and asked.seal.trouble:
            self._refuse(f"This is encrypted and takes no answer here. {asked.seal.trouble}")
            return None
        if not asked.actions:
            page = self._inbox.page_of(self._config, asked.case_id)
            self._refuse(f"This kind of request cannot be answered here. In a browser:\n{page}")
            return None
        return asked

    def _refuse(self, why: str) -> None:
        self.notify(said(why), severity="warning", markup=False, timeout=GREETING_SECONDS)

    def _begin(self, asked: Asked, action: str) -> None:
        """Open the window of an answer; nothing is sent yet."""
        real = "edit" if action == EDITOR else action
        if asked.needs_browser(real):
            page = self._inbox.page_of(self._config, asked.case_id)
            self.notify(f"This answer takes your passkey, in a browser:\n{page}", markup=False, timeout=30)
            return
        content = self._edit_artifact(asked) if action == EDITOR else None
        if action == EDITOR and content is None:
            return
        screen = AnswerScreen(self._inbox, asked, real, edited=content, edit_text=self._edit_text)
        self.push_screen(screen, self._answered)

    def _answered(self, recorded: str | None) -> None:
        if recorded is not None:
            self.notify(said(recorded), markup=False)
            self.query_one(CaseList).picked.clear()
            self.query_one(CaseView).show(None)
        self.action_reload()

    def _edit_artifact(self, asked: Asked) -> Any:
        artifact = asked.parts.artifact if asked.parts else None
        if artifact is None or not isinstance(artifact.content, str):
            self.notify("This case holds no text to edit; request changes instead.", markup=False)
            return None
        before = text_of(artifact.content)
        after = self._edit_text(before, "text.txt")
        if after == before:
            self.notify("Nothing was changed.", markup=False)
        return None if after == before else after

    def _edit_text(self, text: str, name: str) -> str | None:
        """Have a text edited in the person's own editor; None if that does not work."""
        try:
            with nullcontext() if self.is_headless else self.suspend():
                return edited(text, name=name)
        except (SetupError, SuspendNotSupported) as error:
            self.notify(str(error), severity="error", markup=False)
            return None
