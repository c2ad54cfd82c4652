"""Sign in at a server, as a person who answers."""

from __future__ import annotations

import asyncio
import getpass
import socket
import sys
from dataclasses import replace
from datetime import UTC
from typing import Annotated

import typer

from openhitl.cli.contexts import UsageMistake
from openhitl.cli.enrolling import keep_device
from openhitl.cli.exits import Exit
from openhitl.cli.logging_in import revoke
from openhitl.cli.terminal import Terminal
from openhitl.client import requests
from openhitl.client.config import ClientConfig, find_server
from openhitl.client.credentials import Credential
from openhitl.client.exchange import json_object
from openhitl.client.logins import Identity, Login
from openhitl.client.origins import is_loopback
from openhitl.client.session import Session
from openhitl.errors import PeerError, ServerUnreachable, SetupError
from openhitl.protocol.timestamps import parse_timestamp

#: What follows a server's own address in a link that signs somebody in.
LINK_PATH = "/sign-in/link"
_ASK = "Paste the link that signs you in (`hitl admin login-link` prints one on the server): "
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def signin(
    link: Annotated[
        str | None,
        typer.Argument(metavar="[LINK]", help="The link, or its token; without, it is read from here."),
    ] = None,
) -> int:
    """Sign in at a server, as a person who answers. No program of yours can ask with this.

    The link is good once; `hitl admin login-link` prints one on the server's machine. On a command line
    other users of this machine could read it: leave it out, and paste it when asked.
    """
    terminal = Terminal()
    given = (link if link is not None else _read_link()).strip()
    if not given:
        raise UsageMistake("There is no link.")
    config = find_server(server_of(given), identity=Identity.PERSON)
    if not config.is_trusted:
        raise ServerUnreachable("No server was named, and none of yours runs on this machine.")
    if not (is_loopback(config.server_url) or config.server_url.startswith("https:")):
        raise SetupError("Whoever reads the network could answer for you: the server needs https.")
    fresh = asyncio.run(_sign_in(config, given))
    asyncio.run(keep_device(replace(config, login=fresh)))
    login, where = _keep(config, fresh)
    terminal.say(f"Signed in at {login.server_url} as {login.name}. Kept in {where}.")
    return Exit.ANSWERED


def server_of(link: str) -> str | None:
    """Return the server that a link leads to; None for a token alone."""
    if "://" not in link:
        return None
    address = link.partition("?")[0]
    if not address.endswith(LINK_PATH):
        raise UsageMistake(f"A link that signs somebody in ends in {LINK_PATH}?token=…")
    return address.removesuffix(LINK_PATH)


def _read_link() -> str:
    """Read the link from a terminal, where it is not shown, or from a pipe."""
    if sys.stdin.isatty():
        return getpass.getpass(_ASK)
    return sys.stdin.readline()


async def _sign_in(config: ClientConfig, link: str) -> Login:
    trusted = Credential(config.server_url, is_trusted=lambda: config.is_trusted)
    async with Session(trusted) as session:
        request = requests.begin_session(config.server_url, link, socket.gethostname())
        told = json_object(await session.exchange(request))
    try:
        ends = told["expires_at"]
        return Login(
            server_url=config.server_url,
            identity=Identity.PERSON,
            name=str(told["person"]["name"]),
            access_token=str(told["token"]),
            expires_at=parse_timestamp(ends).astimezone(UTC) if ends else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PeerError("The server's answer signs nobody in.") from error


def _keep(config: ClientConfig, fresh: Login) -> tuple[Login, str]:
    """Store a sign-in in the place of an older one, which ends; return it and where it is."""
    logins = config.logins
    with logins.locked(fresh.server_url, Identity.PERSON):
        before = logins.find_readable(fresh.server_url, Identity.PERSON)
        where = logins.save(fresh)
    if config.configured:
        logins.remember_server(fresh.server_url, Identity.PERSON)
    if before is not None:
        revoke(before)
    return fresh, where
