"""Say that work is done, wait, and print what the human says to that."""

from __future__ import annotations

from typing import Annotated

import typer

from openhitl.agent import HITL, OpenCase
from openhitl.agent.questions import Terms
from openhitl.cli import relay
from openhitl.cli.answers import tell_answer
from openhitl.cli.contexts import one_of
from openhitl.cli.place import Place
from openhitl.cli.relayed import ask_as_relay_client
from openhitl.cli.terminal import Terminal
from openhitl.cli.waiting import Wait, show_case
from openhitl.protocol import questions

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("notify-completion")
def notify_completion(
    summary: Annotated[str | None, typer.Argument(metavar="SUMMARY", help="What was done.")] = None,
    named: Annotated[str | None, typer.Option("--summary", hidden=True)] = None,
    timeout: Annotated[str | None, typer.Option(help="How long it stays open: 90s, 30m, 24h, 7d.")] = None,
    agent_name: Annotated[str | None, typer.Option(help="Who did it.")] = None,
    agent_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    e2ee: Annotated[
        bool, typer.Option("--e2ee", help="Encrypt it to the devices of people; they answer in their inbox.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole decision as JSON.")] = False,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page here.")] = True,
) -> int:
    """Say that work is done, wait, and print what the human says to that.

    The words alone are on stdout. Exit codes are those of `hitl request`.
    """
    done = one_of(summary, named, "SUMMARY")
    prompt, message = questions.headed(done)
    terms: Terms = {}
    if message is not None:
        terms["message"] = message
    if timeout:
        terms["timeout"] = timeout
    if agent_name:
        terms["agent_name"] = agent_name
    if agent_id:
        terms["metadata"] = {"agent_id": agent_id}
    terminal = Terminal()

    async def ask(hitl: HITL) -> OpenCase:
        case = await hitl.create(prompt, questions.text_input(), **terms)
        show_case(terminal, case, open_browser=open_browser and not e2ee)
        return case

    if relay.started_as_relay_client() and not as_json:
        relay.print_completion(done, agent_id, agent_name)
        return ask_as_relay_client(terminal, ask, relay.NOTIFICATION, e2ee=e2ee)
    with Place(terminal) as place:
        wait = Wait(place, terminal, e2ee=e2ee)
        return wait.run(ask, lambda ended: tell_answer(terminal, ended, as_json=as_json))
