"""Encrypt what an MCP client asks humans through a remote server."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.agent.sealed.desk import UNKNOWN_PLACE
from openhitl.asking.sealed_tools import SUFFIX
from openhitl.asking.tools import TOOLS
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.older_tools import older_tools, older_way
from openhitl.cli.remote_tools import RemoteTools
from openhitl.cli.terminal import Terminal
from openhitl.cli.tools import serve_stdio
from openhitl.client import requests
from openhitl.client.agent_keys import AgentKey
from openhitl.client.config import ClientConfig, load_config
from openhitl.client.origins import site_of
from openhitl.client.pins import Pins
from openhitl.client.session import Session
from openhitl.errors import CallerError, NoDevice, NotEndToEnd
from openhitl.protocol.oauth import MCP_PATH
from openhitl.server.logs import log_to_stderr

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_OLDER = (
    "This server knows only the older encryption: to the first device it names, whose key it could swap."
    " OpenHITL servers do better."
)
_NOTHING = "This server has no tool that could be encrypted: those that ask humans are left out."


@app.command()
def proxy(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server's MCP address: …/mcp-server/mcp/")],
) -> None:
    """Encrypt what an MCP client asks humans through a remote server.

    Over stdin and stdout the client sees the server's tools as they are. What asks or tells a human is
    encrypted here to that human's devices, and their answers are decrypted here: the server carries both
    unread. Every other tool is passed through. It asks as the agent of HITL_API_KEY or `hitl login`. Only the
    protocol is on stdout.
    """
    log_to_stderr()
    asyncio.run(_serve(load_config(_server_of(url)), url, Terminal()))


def _server_of(url: str) -> str:
    """Return the server whose MCP address this is."""
    try:
        site = site_of(url)
    except ValueError as error:
        raise UsageMistake(f"URL: {error}") from error
    base = url.rstrip("/")
    return base.removesuffix(MCP_PATH) if base.endswith(MCP_PATH) else site


async def _serve(config: ClientConfig, url: str, terminal: Terminal) -> None:
    async with Session(config.credential) as session:
        remote = RemoteTools(url, session)
        if await _binds_answers(config, session):
            where = f"{config.server_url}/inbox"
            terminal.say(f"Encrypting to the devices of your people; they answer at {where}.")
            await serve_stdio(
                config,
                lambda case: terminal.say(f"An encrypted request waits at {where}."),
                e2ee=True,
                offered=TOOLS,
                elsewhere=remote,
            )
            return
        twins = [tool.name for tool in await remote.listed() if tool.name.endswith(SUFFIX)]
        terminal.say(_OLDER if twins else _NOTHING)
        offered = []
        if twins:
            key = AgentKey(config.logins.folder)
            offered = older_tools(await older_way(config.server_url, session, remote, key), twins)
        await serve_stdio(config, lambda case: None, offered=offered, elsewhere=remote)


async def _binds_answers(config: ClientConfig, session: Session) -> bool:
    """Tell whether a server knows device lists.

    Raises: NotEndToEnd for one that knew them before: whoever is between could want us to do without.
    """
    try:
        await session.exchange(requests.recipients(config.server_url))
    except NoDevice:
        return True
    except CallerError as error:
        if error.status not in UNKNOWN_PLACE:
            raise
        if Pins(config.logins.folder, config.server_url).people():
            raise NotEndToEnd(
                "This server knew device lists before and says now that it does not.",
                hint="Ask whoever runs it; nothing is encrypted in a weaker way meanwhile.",
            ) from error
        return False
    return True
