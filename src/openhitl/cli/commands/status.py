"""Say how a case stands, or wait for its end."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.agent import HITL, OpenCase
from openhitl.cli.answers import print_json, tell_answer
from openhitl.cli.exits import Exit
from openhitl.cli.lookups import describe_end, fetch_case
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.cli.waiting import Wait

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def status(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the answer and print it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Say how a case stands: its status on stdout. With --wait, wait for its end and print the answer.

    If the server that asked was part of a program that has ended, --wait serves the page again.
    """
    terminal = Terminal()
    with Place(terminal) as place:
        if not wait:
            view = asyncio.run(fetch_case(place.config, case_id))
            if as_json:
                print_json(view)
            else:
                print(for_stdout(str(view["status"])))
                terminal.say(describe_end(view))
            return Exit.ANSWERED

        async def find(hitl: HITL) -> OpenCase:
            case = await hitl.look_up(case_id)
            terminal.say(f"Waiting for an answer to {case.case_id} at\n  {case.review_url or 'its page'}")
            return case

        return Wait(place, terminal).run(find, lambda ended: tell_answer(terminal, ended, as_json=as_json))
