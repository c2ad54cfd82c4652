"""Answer what waits for you, in an inbox that fills the terminal."""

from __future__ import annotations

import sys

import typer

from openhitl.cli.exits import Exit
from openhitl.cli.inboxes import here_and_now, person_config
from openhitl.errors import SetupError

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
def inbox() -> int:
    """Show what waits for the person who signed in here, live, and answer it.

    Needs a terminal and the extra `terminal`. Without it, and for scripts and screen readers, there are
    `hitl list --as person`, `hitl show ID --as person` and `hitl answer`.
    """
    if not _HAS_SCREEN:
        raise SetupError("The inbox takes Textual, which is not installed.", hint=_INSTALL)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupError(
            "The inbox takes a terminal.", hint="`hitl list --as person` prints what waits for you."
        )
    screen = InboxApp(person_config(), now=here_and_now)
    screen.run()
    return screen.return_code or Exit.ANSWERED
