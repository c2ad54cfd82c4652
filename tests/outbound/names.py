"""An event loop whose name server is the test's: what a name resolves to, each time it is asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

R = TypeVar("R")


class ResolvingLoop(asyncio.SelectorEventLoop):
    """Resolves the names that it was given, everything else as the system does.

    Each name has a list of answers; every question takes the next one, and the last one stays. A name
    without answers is one that nobody knows.
    `asked` tells every name that was looked up, in order.
    """

    def __init__(self, names: dict[str, list[Sequence[str]]]) -> None:
        super().__init__()
        self._names = names
        self.asked: list[str] = []

    async def getaddrinfo(self, host: Any, port: Any, **rest: Any) -> list[Any]:
        answers = self._names.get(host)
        if answers is None:
            return await super().getaddrinfo(host, port, **rest)
        self.asked.append(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(*_family(address), "", (address, port)) for address in addresses]


def _family(address: str) -> tuple[int, int, int]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP


def run_resolving(
    names: dict[str, list[Sequence[str]]], work: Callable[[], Awaitable[R]]
) -> tuple[R, list[str]]:
    """Run a coroutine where names resolve like this; return what it returned, and the names asked."""
    loop = ResolvingLoop(names)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_awaited(work)), loop.asked


async def _awaited(work: Callable[[], Awaitable[R]]) -> R:
    return await work()
