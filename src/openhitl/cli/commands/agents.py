"""List the agents of your people, or make one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from openhitl.agent import HITL
from openhitl.cli import relay
from openhitl.cli.answers import print_json
from openhitl.cli.contexts import one_of
from openhitl.cli.exits import Exit
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.errors import HitlError

T = TypeVar("T")
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def agents() -> None:
    """Agents ask; each belongs to people, who answer."""


@app.command("list")
def list_agents(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> int:
    """List the agents that belong to the same people as yours: id and name on stdout."""
    as_relay = relay.started_as_relay_client() and not as_json
    try:
        found = _ask(lambda hitl: hitl.list_agents())
    except HitlError as error:
        if not as_relay:
            raise
        relay.print_lines(f"Failed to list agents: {error}")
        return Exit.ERROR
    if as_json:
        print_json(found)
    elif as_relay:
        relay.print_agents(found)
    else:
        for agent in found:
            print(for_stdout(f"{agent['id']}  {agent['name']}"))
    return Exit.ANSWERED


@app.command("create")
def create_agent(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="What it is called.")] = None,
    named: Annotated[str | None, typer.Option("--name", hidden=True)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> int:
    """Make an agent that belongs to the same people as yours: its id on stdout."""
    wanted = one_of(name, named, "NAME")
    as_relay = relay.started_as_relay_client() and not as_json
    try:
        agent_id = _ask(lambda hitl: hitl.create_agent(wanted))
    except HitlError as error:
        if not as_relay:
            raise
        relay.print_lines(f"Failed to create agent: {error}")
        return Exit.ERROR
    if as_json:
        print_json({"id": agent_id, "name": wanted})
    elif as_relay:
        relay.print_agent(agent_id, wanted)
    else:
        print(agent_id)
    return Exit.ANSWERED


def _ask(call: Callable[[HITL], Awaitable[T]]) -> T:
    async def ask() -> T:
        async with HITL(config=place.config) as hitl:
            return await call(hitl)

    with Place(Terminal()) as place:
        return asyncio.run(ask())
