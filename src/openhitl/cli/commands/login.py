"""Log in at a server, as an agent that asks."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from openhitl.agent.telling import has_screen
from openhitl.cli import relay
from openhitl.cli.exits import Exit
from openhitl.cli.logging_in import Wish, log_in, revoke
from openhitl.cli.terminal import Terminal
from openhitl.client.config import ClientConfig, find_server, from_environment
from openhitl.client.logins import Identity, Login
from openhitl.errors import HitlError, ServerUnreachable

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def login(
    name: Annotated[str | None, typer.Option("--name", help="What the agent is called.")] = None,
    device: Annotated[
        bool, typer.Option("--device", help="Show a code to be typed in on another device.")
    ] = False,
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="The server, if HITL_SERVER_URL does not name it.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page here.")] = True,
) -> int:
    """Log in at a server, as an agent that asks. It can never answer.

    A human says yes in a browser. What comes back is kept for this user: in the system's keyring, or
    else in a file that only this user can read. Later commands and programs of this user find it there
    and, without HITL_SERVER_URL, take the server of the last login.
    """
    terminal = Terminal()
    as_relay = relay.started_as_relay_client()
    config = find_server(server)
    if as_relay and config.logins.find_readable(config.server_url, Identity.AGENT) is not None:
        relay.print_lines("✅ Already logged in!")
        return Exit.ANSWERED
    if not config.is_trusted:
        raise ServerUnreachable(
            "No server was named, and none of yours runs on this machine.",
            hint="hitl login --server URL; or start one with `hitl serve`.",
        )
    wish = Wish(
        agent_name=name or (relay.AGENT_NAME if as_relay else f"hitl on {socket.gethostname()}"),
        device=device,
        opens=open_browser and has_screen(),
    )
    try:
        kept, where = _keep(config, log_in(config, wish, terminal))
    except HitlError as error:
        if not as_relay:
            raise
        relay.print_lines(f"❌ OAuth 2.1 login failed: {error.message}")
        return Exit.ERROR
    if as_relay:
        relay.print_login(kept)
    terminal.say(f"Logged in at {kept.server_url} as agent {kept.name}. Kept in {where}.")
    if from_environment("HITL_API_KEY", os.environ):
        terminal.say("HITL_API_KEY is set and wins over this login as long as it is.")
    return Exit.ANSWERED


def _keep(config: ClientConfig, fresh: Login) -> tuple[Login, str]:
    """Store a login in the place of an older one, which is good no more then; return it and where it is."""
    logins = config.logins
    with logins.locked(fresh.server_url, Identity.AGENT):
        before = logins.find_readable(fresh.server_url, Identity.AGENT)
        where = logins.save(fresh)
    if config.configured:
        logins.remember_server(fresh.server_url, Identity.AGENT)
    if before is not None:
        revoke(before)
    return fresh, where
