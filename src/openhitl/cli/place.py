"""Which server a command talks to: the configured one, the one that runs here, or one of our own."""

from __future__ import annotations

import asyncio
import http.client
import time
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from urllib.parse import urlsplit

import openhitl
from openhitl.cli.terminal import Terminal
from openhitl.client.config import ClientConfig, load_config, local_url
from openhitl.client.origins import is_loopback
from openhitl.errors import AlreadyServed, HitlError, ServerUnreachable

START_SECONDS = 30.0
PROBE_SECONDS = 2.0
STAND_BY_SECONDS = 1.0
#: How often a server must be found gone before another takes its place; a restart takes less.
MISSES = 3
LINGER_SECONDS = 1.0


class Place:
    """The server at hand, for as long as this is entered.

    A configured server is used as it is. Without one, it is the server of this user on this machine;
    if none runs, this process serves the user's data folder meanwhile, which several processes that
    wait at once take in turns. The server is loaded only for that.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.config = load_config()
        self.embedded = False
        self._terminal = terminal
        self._open = ExitStack()

    def __enter__(self) -> Place:
        if not self.config.configured and not (self.config.is_trusted and is_up(self.config.server_url)):
            self._serve_or_join()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    async def linger(self) -> None:
        """Let the browser that sent the answer fetch the page that says so."""
        if self.embedded:
            await asyncio.sleep(LINGER_SECONDS)

    async def stand_by(self) -> None:
        """Serve in the place of a server of this machine that ends while we wait. Never returns."""
        misses = 0
        while not self.config.configured:
            await asyncio.sleep(STAND_BY_SECONDS)
            if self.embedded:
                continue
            misses = 0 if await asyncio.to_thread(is_up, self.config.server_url) else misses + 1
            if misses >= MISSES:
                misses = 0
                await asyncio.to_thread(self._take_over)
        await asyncio.Event().wait()

    def _take_over(self) -> None:
        try:
            self._serve(port=urlsplit(self.config.server_url).port)
        except AlreadyServed:
            return  # somebody was faster
        except HitlError as error:
            self._terminal.say(f"The server has ended, and this process cannot replace it: {error.message}")
        else:
            self._terminal.say("The server has ended; this process serves now.")

    def _serve_or_join(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                self._serve()
                return
            except AlreadyServed as other:
                if other.url and self._join(other.url):
                    return
                time.sleep(PROBE_SECONDS / 10)  # it is just starting, or just ending
        raise ServerUnreachable("Another process serves the data folder but does not answer.")

    def _serve(self, port: int | None = None) -> None:
        settings = openhitl.load_settings({"port": port})
        server = self._open.enter_context(openhitl.EmbeddedServer(settings))
        self._point_to(server.url, replace(self.config, api_key=server.api_key, login=None))
        self.embedded = True

    def _join(self, url: str) -> bool:
        here = url if is_loopback(url) else local_url()
        if not is_up(here):
            return False
        # The key file is there once the server answers.
        self._point_to(here, load_config(here))
        return True

    def _point_to(self, url: str, found: ClientConfig) -> None:
        # A public base URL may lead through a tunnel that is not up; from here it is one step.
        here = url if is_loopback(url) else local_url()
        self.config = replace(self.config, server_url=here, api_key=found.api_key, login=found.login)


def is_up(url: str) -> bool:
    """Tell whether an OpenHITL server of this machine answers at a plain http URL."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
