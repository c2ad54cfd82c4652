"""Listening for browsers of this machine, and comparing the server's pages with the files of this package."""

from __future__ import annotations

import logging
import re
import socket
from contextlib import closing
from http import HTTPStatus

import uvicorn

from openhitl import __version__
from openhitl.cli.gateway.app import Gateway
from openhitl.cli.gateway.files import is_of_another_version
from openhitl.cli.gateway.site import HOST, Site
from openhitl.client.exchange import Request
from openhitl.client.session import Session
from openhitl.errors import PeerError, SetupError

#: More than browsers open to one place, over a few of them.
MAX_CONNECTIONS = 200
GRACEFUL_SECONDS = 2
_STATIC = re.compile(r"/static/([\w.-]{1,100})")
_VERSION = re.compile(r"[\w.+-]{1,40}")


def bind(port: int) -> socket.socket:
    """Listen on this machine alone; with port 0 on a free one. Raises: SetupError if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SetupError(
            f"Cannot listen on {HOST}:{port}: {error.strerror}.",
            hint="Is it open already? Another --port works, but keys lie where they were made: "
            "another port is another device.",
        ) from error
    return listener


def uvicorn_for(gateway: Gateway) -> uvicorn.Server:
    """Make the uvicorn that serves a gateway; no access log, since addresses carry tokens."""
    config = uvicorn.Config(
        gateway,
        ws="none",
        lifespan="off",
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    return uvicorn.Server(config)


async def serve(gateway: Gateway, listener: socket.socket) -> None:
    """Serve until this is ended by a signal, or cancelled."""
    with closing(listener):
        async with gateway:
            await uvicorn_for(gateway).serve(sockets=[listener])


async def check_version(site: Site, session: Session) -> None:
    """Compare the files that the server's first page wants with ours.

    Raises: SetupError if they are of another version; ServerUnreachable.
    """
    page = await session.send(
        Request(method="GET", url=f"{site.server}/sign-in", headers={"Accept": "text/html"})
    )
    wanted = _STATIC.findall(page.body.decode(errors="replace"))
    if any(is_of_another_version(name) for name in wanted):
        theirs = await _version_of(site, session)
        raise SetupError(
            f"The server's pages are those of another version: it runs {theirs}, this is {__version__}.",
            hint="Install its version here: pip install openhitl==VERSION",
        )


async def _version_of(site: Site, session: Session) -> str:
    try:
        answer = await session.send(Request(method="GET", url=f"{site.server}/openapi.json"))
        version = str(answer.json()["info"]["version"]) if answer.status == HTTPStatus.OK else ""
    except (PeerError, ValueError, KeyError, TypeError):
        version = ""
    return version if _VERSION.fullmatch(version) else "one that it does not say"
