"""Try it: one case of each type, answered in your browser."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from openhitl.agent import OpenCase
from openhitl.agent.replies import accepted_case
from openhitl.agent.waiting import Waiting
from openhitl.cli.answers import decision_json
from openhitl.cli.contexts import ReviewType
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import Terminal, json_for_stdout, telling
from openhitl.client import requests
from openhitl.client.config import ClientConfig
from openhitl.client.session import Session
from openhitl.errors import SetupError
from openhitl.server.embedded import EmbeddedServer
from openhitl.settings import load_settings

LINGER_SECONDS = 2.0
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the pages here.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> int:
    """Start a server in a temporary folder, ask one question of each type, and print the answers.

    Each answer is on stdout the moment the agent gets it. Ends when all are answered, or on Ctrl-C.
    """
    terminal = Terminal()
    for way_to_end in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does: the folder goes too
        signal.signal(way_to_end, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="openhitl-demo-") as folder, _served(Path(folder)) as server:
        asking = Demo(terminal, ClientConfig(server_url=server.url), as_json=as_json)
        try:
            asyncio.run(asking.run(open_browser=open_browser))
        except KeyboardInterrupt:
            terminal.clear()
            terminal.say("Stopped. The demo's cases are gone with its folder.")
            return Exit.INTERRUPTED
    return Exit.ANSWERED


class Demo:
    """An agent that asks five questions at once and prints each answer as it comes."""

    def __init__(self, terminal: Terminal, config: ClientConfig, *, as_json: bool) -> None:
        self._terminal = terminal
        self._config = config
        self._as_json = as_json
        self._open = len(ReviewType)

    async def run(self, *, open_browser: bool) -> None:
        """Ask, deliver, wait for all."""
        async with Session(self._config.credential) as session:
            cases = [await self._ask(session, review_type) for review_type in ReviewType]
            for case in cases:
                self._terminal.say(f"{case.type}: {case.prompt}\n  {case.review_url}")
            show = telling(self._terminal, open_browser=open_browser).show
            show(*(case.review_url or "" for case in cases))
            drawing = asyncio.create_task(self._terminal.keep_drawing(self._line))
            try:
                await asyncio.gather(*(self._wait(session, case) for case in cases))
            finally:
                drawing.cancel()
                self._terminal.clear()
            await asyncio.sleep(LINGER_SECONDS)  # the last page wants to be shown too

    async def _ask(self, session: Session, review_type: ReviewType) -> OpenCase:
        request = requests.create_demo(self._config.server_url, review_type)
        return accepted_case(self._config.server_url, await session.exchange(request))

    async def _wait(self, session: Session, case: OpenCase) -> None:
        waiting = Waiting(case, self._config.credential, wire=session, tell=self._remind, announced=True)
        decision = await waiting.decision()
        self._open -= 1
        self._terminal.clear()
        if self._as_json:
            print(json_for_stdout(decision_json(case, decision)), flush=True)
        else:
            said = decision.action or str(decision.outcome)
            data = json_for_stdout(decision.data.shown())
            print(f"{case.type}: {said} {data}", flush=True)

    def _remind(self, case: OpenCase) -> None:
        self._terminal.say(f"Still open: {case.review_url}")

    def _line(self) -> str:
        return f"{self._open} of {len(ReviewType)} questions open · Ctrl-C ends the demo"


@contextmanager
def _served(folder: Path) -> Iterator[EmbeddedServer]:
    """Serve the demo on the usual port, or on any free one if that is taken."""
    usual = load_settings({"demo": True, "data_dir": folder, "database_url": ""})
    with ExitStack() as stack:
        try:
            server = stack.enter_context(EmbeddedServer(usual))
        except SetupError:
            free = usual.model_copy(update={"port": 0, "base_url": ""})
            server = stack.enter_context(EmbeddedServer(free))
        yield server
