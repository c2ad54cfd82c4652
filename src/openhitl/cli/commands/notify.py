"""Tell a human something that wants no answer."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.agent import HITL
from openhitl.cli import relay
from openhitl.cli.answers import print_json
from openhitl.cli.contexts import one_of
from openhitl.cli.exits import Exit
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.errors import HitlError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def notify(
    message: Annotated[
        str | None, typer.Argument(metavar="MESSAGE", help="What to tell, at most 2,000 characters.")
    ] = None,
    named: Annotated[str | None, typer.Option("--message", hidden=True)] = None,
    agent_name: Annotated[str | None, typer.Option(help="Who tells it.")] = None,
    agent_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    e2ee: Annotated[bool, typer.Option("--e2ee", help="Encrypt it to the devices of people.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the notice's id as JSON.")] = False,
) -> int:
    """Leave people a notice, which wants no answer. Nothing is on stdout.

    It stands in the inbox of the people whom the agent belongs to.
    """
    told = one_of(message, named, "MESSAGE")
    as_relay = relay.started_as_relay_client() and not as_json
    if as_relay:
        relay.print_notification(told, agent_id, agent_name)
    try:
        notice_id = _send(told, agent_name, e2ee=e2ee)
    except HitlError as error:
        if not as_relay:
            raise
        relay.print_failure(str(error), relay.NOTIFICATION)
        return Exit.ERROR
    if as_relay:
        relay.print_lines("", "✅ Notification sent.")
    elif as_json:
        print_json({"id": notice_id})
    else:
        Terminal().say("The server has the notice: it stands in the inbox of your people.")
    return Exit.ANSWERED


def _send(message: str, agent_name: str | None, *, e2ee: bool) -> str:
    async def send() -> str:
        async with HITL(config=place.config, e2ee=e2ee) as hitl:
            return await hitl.notify(message, agent_name)

    with Place(Terminal()) as place:
        return asyncio.run(send())
