"""Answer what waits for you, in an inbox that fills the terminal."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import Annotated

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.enrolling import enrolled, first_keys, hand_over_now, handed_over, said_anew, to_be_added
from openhitl.cli.exits import Exit
from openhitl.cli.inboxes import here_and_now, opened_inbox, person_config
from openhitl.cli.terminal import Terminal
from openhitl.errors import SetupError
from openhitl.person.enrolling import spelt

try:
    from openhitl.person.screen.app import InboxApp
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] != "textual":
        raise
    _HAS_SCREEN = False
else:
    _HAS_SCREEN = True

_INSTALL = "pip install 'openhitl[terminal]'"
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def inbox(
    device: Annotated[
        bool,
        typer.Option("--device", help="Make this terminal one of your devices, for encrypted questions."),
    ] = False,
    trust: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Take the new key of the agent that asked this for a right one."),
    ] = None,
    hand_over: Annotated[
        bool,
        typer.Option("--hand-over", help="Let your later devices read what this terminal can, and end."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --device: print JSON.")] = False,
) -> int:
    """Show what waits for the person who signed in here, live, and answer it.

    The first time, this terminal becomes one of your devices, for encrypted questions. Needs a terminal
    and the extra `terminal`. Without it, and for scripts and screen readers, there are
    `hitl list --as person`, `hitl show ID --as person` and `hitl answer`.

    When you have added a device since, it is handed what it needs to read the encrypted questions from
    before; --hand-over does that and no more.

    With --device: print the six words of this terminal's keys, made if there are none, and those of your
    identity, which whoever encrypts to you compares.
    """
    if hand_over:
        asyncio.run(hand_over_now(person_config()))
        return Exit.ANSWERED
    if device or trust is not None:
        if trust is not None:
            _trust(trust)
        if device:
            _enroll(as_json=as_json)
        return Exit.ANSWERED
    if not _HAS_SCREEN:
        raise SetupError("The inbox takes Textual, which is not installed.", hint=_INSTALL)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupError(
            "The inbox takes a terminal.", hint="`hitl list --as person` prints what waits for you."
        )
    config = person_config()
    greeting = asyncio.run(first_keys(config))
    screen = InboxApp(config, now=here_and_now, greeting=greeting, beside=partial(handed_over, config))
    screen.run()
    return screen.return_code or Exit.ANSWERED


def _enroll(*, as_json: bool) -> None:
    config = person_config()
    membership = asyncio.run(enrolled(config))
    if as_json:
        print_json(spelt(membership))
        return
    print(f"This terminal  {membership.words}")
    print(f"Your identity  {membership.identity}")
    if membership.is_anew:
        Terminal().say(said_anew(membership))
    if not membership.is_listed:
        Terminal().say(to_be_added(config))


def _trust(case_id: str) -> None:
    async def run() -> str:
        async with opened_inbox(person_config()) as found:
            view = await found.view(case_id)
            return found.device.trust(view, await found.handed(view))

    Terminal().say(f"From now on this key is one of the agent's: {asyncio.run(run())}")
