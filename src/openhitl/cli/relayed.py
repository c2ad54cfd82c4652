"""Ask as version 1.2.1 of hitl-cli did; its callers read the answer from its lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from openhitl.agent import HITL, OpenCase
from openhitl.agent.replies import answer_text
from openhitl.cli import relay
from openhitl.cli.answers import exit_code, notes
from openhitl.cli.exits import Exit
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.cli.waiting import Ended, Wait
from openhitl.errors import HitlError


def ask_as_relay_client(
    terminal: Terminal,
    ask: Callable[[HITL], Awaitable[OpenCase]],
    manner: relay.Manner,
    *,
    e2ee: bool = False,
) -> int:
    """Ask, wait, and print the answer; return the exit code."""

    def tell(ended: Ended) -> int:
        if ended.decision.answered:
            relay.print_response(answer_text(ended.case, ended.decision), manner)
        else:
            relay.print_failure(notes(ended.decision)[0], manner)
        return exit_code(ended.decision)

    try:
        with Place(terminal) as place:
            return Wait(place, terminal, program="hitl-cli", e2ee=e2ee).run(ask, tell)
    except HitlError as error:
        relay.print_failure(str(error), manner)
        return Exit.ERROR
