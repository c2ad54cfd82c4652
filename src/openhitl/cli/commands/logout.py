"""Log out: the server and this machine both forget the login."""

from __future__ import annotations

from typing import Annotated

import typer

from openhitl.cli import relay
from openhitl.cli.exits import Exit
from openhitl.cli.logging_in import revoke
from openhitl.cli.terminal import Terminal
from openhitl.client.config import ClientConfig, find_server
from openhitl.client.device_keys import DeviceKeys
from openhitl.client.logins import Identity

_STILL_LISTED = """\
The keys of this terminal are deleted. Your device list still names it, and agents encrypt to what that names:
open {server}/devices on another of your devices, and have it sign the list without this one."""
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def logout(
    server: Annotated[
        str | None, typer.Option(metavar="URL", help="The server, if not the one of the last login.")
    ] = None,
    as_whom: Annotated[
        Identity, typer.Option("--as", help="End the agent's login, or the person's sign-in.")
    ] = Identity.AGENT,
) -> int:
    """Log out. The server makes the login useless; this machine forgets it even if the server is away."""
    terminal = Terminal()
    config = find_server(server, identity=as_whom)
    # First, since it takes no network: whoever does not wait for the server has no keys left here either.
    had_keys = as_whom is Identity.PERSON and DeviceKeys(config.logins.folder, config.server_url).forget()
    said = _forget(config, as_whom)
    if relay.started_as_relay_client():
        relay.print_lines("Logged out successfully!" if said else "Not logged in.")
    terminal.say(said or f"There is no login at {config.server_url}.")
    if had_keys:
        terminal.say(_STILL_LISTED.format(server=config.server_url))
    return Exit.ANSWERED


def _forget(config: ClientConfig, identity: Identity) -> str | None:
    """Forget a login; say what was done, None if there was none."""
    logins, url = config.logins, config.server_url
    with logins.locked(url, identity):
        login = logins.find_readable(url, identity)
        known = logins.forget(url, identity)
    logins.forget_server(url, identity)
    if not known:
        return None
    if login is None:
        return f"This machine has forgotten what it kept for {url}; it could not be read any more."
    if revoke(login):
        return f"Logged out: {login.name} at {url}. The server has ended the login."
    return (
        f"Logged out: this machine has forgotten {login.name} at {url}, but the server did not answer:\n"
        "for the server the login is good until it ends by itself."
    )
