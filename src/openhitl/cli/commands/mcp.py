"""Serve the tools that ask a human to an MCP client, over stdin and stdout."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal, telling
from openhitl.cli.tools import serve_stdio
from openhitl.cli.waiting import beside
from openhitl.server.logs import log_to_stderr

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def mcp(
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the pages of questions here.")
    ] = True,
) -> None:
    """Serve the tools that ask a human to an MCP client, over stdin and stdout.

    Claude, Codex and others start it; they ask as the agent of HITL_API_KEY or `hitl login`. Without a
    server it serves the pages itself while it runs. Only the protocol is on stdout.
    """
    log_to_stderr()
    terminal = Terminal()

    async def serve() -> None:
        async with beside(place.stand_by()):
            await serve_stdio(place.config, telling(terminal, open_browser=open_browser))

    with Place(terminal) as place:
        asyncio.run(serve())
