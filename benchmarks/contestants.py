"""Who is measured: OpenHITL as its users start it, and the peer."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peer_cases import POLLS_PER_MINUTE
from benchmarks.process import Server, free_port
from benchmarks.requests import Requests

OURS = "openhitl"
PEER = "peer"
CONTESTANTS = (OURS, PEER)


@dataclass(frozen=True, slots=True)
class Place:
    """Where contestants run: a core of their own, and a folder on the disk that is written to."""

    core: int
    disk: Path


@dataclass(frozen=True, slots=True)
class Running:
    """A contestant that serves, and how it is talked to."""

    name: str
    server: Server
    requests: Requests


@contextmanager
def running(name: str, place: Place) -> Iterator[Running]:
    """Start a contestant with nothing in it; its data folder is a temporary one."""
    with TemporaryDirectory(prefix="hitl-bench-", dir=place.disk) as folder:
        contestant = (_start_ours if name == OURS else _start_peer)(Path(folder), place.core)
        try:
            yield contestant
        finally:
            contestant.server.stop()


def _start_ours(folder: Path, core: int) -> Running:
    port = free_port()
    env = {
        "HITL_DATA_DIR": str(folder / "data"),
        "HITL_PORT": str(port),
        "HITL_AGENT_RATE": "0",
        "HITL_POLL_RATE": str(POLLS_PER_MINUTE),
    }
    command = [sys.executable, "-m", "openhitl.cli"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HITL_")}
    made = subprocess.run(
        [*command, "admin", "new-key", "bench", "--kind", "service"],
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"no API key: {made.stderr}")
    server = Server(
        [*command, "serve"], core=core, port=port, env={**clean, **env}, log=folder / "server.log"
    )
    return Running(OURS, server, Requests(port, made.stdout.strip()))


def _start_peer(folder: Path, core: int) -> Running:
    port, key = free_port(), "hitlv_" + secrets.token_urlsafe(32)
    command = [sys.executable, "-m", "benchmarks.peer", str(port), key]
    server = Server(command, core=core, port=port, env=os.environ, log=folder / "server.log")
    return Running(PEER, server, Requests(port, key))
