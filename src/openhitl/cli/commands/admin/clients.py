"""Programs that people can allow to be agents of theirs."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.cli import relay
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.client import requests
from openhitl.client.config import load_config
from openhitl.client.exchange import json_object
from openhitl.client.session import Session
from openhitl.errors import HitlError, LoginRefused

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("register-client")
def register_client(
    client_id: Annotated[str, typer.Option("--client-id", help="What the program calls itself to us.")],
    client_name: Annotated[str, typer.Option("--client-name", help="What people read.")],
    client_type: Annotated[str, typer.Option("--client-type", help="desktop, mobile or web.")],
    agent_name: Annotated[str, typer.Option("--agent-name", help="What its agents are called.")],
) -> int:
    """Register a program at a server, as the agent of an owner: its client id, alone, on stdout.

    It gains nothing but a name: people are asked for every grant.
    """
    body = {
        "client_id": client_id,
        "client_name": client_name,
        "client_type": client_type,
        "agent_name": agent_name,
    }
    if not relay.started_as_relay_client():
        print(for_stdout(_register(body)["client_id"]))
        Terminal().say(f"{client_name} is registered; its agents are called {agent_name}.")
        return Exit.ANSWERED
    relay.print_registration(body)
    try:
        relay.print_registered(_register(body))
    except LoginRefused:
        relay.print_lines("Please run \"hitl-cli login --name '<Agent Name>'\" to log in.")
        return Exit.ERROR
    except HitlError as error:
        relay.print_lines(f"❌ OAuth client registration failed: {error.message}")
        return Exit.ERROR
    return Exit.ANSWERED


def _register(body: dict[str, str]) -> dict[str, str]:
    """Have the server know a program; return what it says. Raises: LoginRefused without a credential."""
    config = load_config()
    if not config.has_credential:
        raise LoginRefused("Nobody is logged in.", hint="hitl login")

    async def register() -> dict[str, str]:
        async with Session(config.credential) as session:
            request = requests.register_client(config.server_url, body)
            told = json_object(await session.exchange(request))
        return {name: str(told.get(name, value)) for name, value in body.items()}

    return asyncio.run(register())
