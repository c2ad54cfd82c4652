"""The port where the older client waits for the browser: it knows no other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.ports import reserved_ports

PORT = 8080
#: It does not allow itself an address that TCP still remembers (RFC 9293 §3.3.2: TIME-WAIT), a minute here.
PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.5


@asynccontextmanager
async def callback_port() -> AsyncIterator[None]:
    """Wait until the port is free for it; another run, or this one a minute ago, may have used it."""
    with reserved_ports("older client"):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if _is_free():
                    break
                await asyncio.sleep(LOOK_SECONDS)
        yield


def _is_free() -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("localhost", PORT))
        except OSError:
            return False
        return True
