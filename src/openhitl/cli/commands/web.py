"""Open a server's inbox in a browser, with the scripts of this machine."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl import __version__
from openhitl.cli.gateway.app import Gateway
from openhitl.cli.gateway.ports import claim
from openhitl.cli.gateway.serving import bind, check_version, serve
from openhitl.cli.gateway.site import Site
from openhitl.cli.terminal import Terminal, telling
from openhitl.client.config import ClientConfig, find_server
from openhitl.client.credentials import Credential
from openhitl.client.logins import Identity
from openhitl.client.origins import is_loopback
from openhitl.client.session import Session
from openhitl.errors import ServerUnreachable, SetupError

#: Beside the server's own, which may run on this machine too.
DEFAULT_PORT = 4486
_SIGN_IN = """\
Sign in there with a password, with a code of {origin}{base}/pair from a screen that is signed in, or with a
link that signs you in (`hitl admin login-link`), opened with {site} in the place of {server}.
A passkey works at the server's own address only, and so does single sign-on.
Ctrl+C ends this."""
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def web(
    server: Annotated[str | None, typer.Option("--server", help="The server; by default yours.")] = None,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65535,
            help="The port of this machine. Keep to it: it is where the browser has its keys.",
        ),
    ] = DEFAULT_PORT,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open a browser.")] = True,
) -> None:
    """Show the inbox of your server in a browser of this machine, with scripts that are not the server's.

    Scripts, styles and the service worker come from the program that is installed here, and the browser runs
    no others; pages and data come from the server. So the keys of this browser are used by this program's
    code alone. What that keeps a malicious server from, and what not: docs/threat-model.md.
    """
    config = find_server(server, identity=Identity.PERSON)
    _check_way(config)
    terminal = Terminal()
    listener = bind(port)
    site = Site(config.server_url, listener.getsockname()[1])
    asyncio.run(_check_version(config, site))
    gateway = Gateway(site, key=claim(config.logins.folder, site), miss=_Missed(terminal))
    address = f"{site.origin}{site.base}/inbox"
    print(address, flush=True)
    said = {"origin": site.origin, "base": site.base, "site": site.origin, "server": site.server}
    terminal.say(_SIGN_IN.format(**said))
    telling(terminal, open_browser=open_browser).show(address)
    asyncio.run(serve(gateway, listener))


def _check_way(config: ClientConfig) -> None:
    if not config.is_trusted:
        raise ServerUnreachable("No server was named, and none of yours runs on this machine.")
    if not (is_loopback(config.server_url) or config.server_url.startswith("https:")):
        raise SetupError("Whoever reads the network could answer for you: the server needs https.")


async def _check_version(config: ClientConfig, site: Site) -> None:
    trusted = Credential(config.server_url, is_trusted=lambda: config.is_trusted)
    async with Session(trusted) as session:
        await check_version(site, session)


class _Missed:
    """Says once that the server's pages want files of another version."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._is_said = False

    def __call__(self, name: str) -> None:
        if self._is_said:
            return
        self._is_said = True
        self._terminal.say(
            f"The server's pages want another {name.partition('.')[0]} than that of {__version__}, which is "
            "installed here. Pages may not work until both are of one version."
        )
