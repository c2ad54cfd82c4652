"""Nothing acknowledged is lost: the server is killed at random points while clients write."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from openhitl.keyring import Keyring, parse_root
from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from openhitl.store import Store
from tests.durability.history import History, Writer, compare

SECRET = "5a" * 32
WRITERS = 4
WRITES_PER_SECOND = 20


@contextmanager
def launcher(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "HITL_DATA_DIR": str(settings.data_dir),
        "HITL_DATABASE_URL": settings.database_url,
        "HITL_SECRET_KEY": SECRET,
        "HITL_PORT": str(settings.port),
        "HITL_AGENT_RATE": "0",
    }
    command = [sys.executable, "-m", "tests.durability.launcher"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    )
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def start(process: subprocess.Popen[str]) -> int:
    process.stdin.write("start\n")
    process.stdin.flush()
    word, pid = process.stdout.readline().split()
    assert word == "started"
    return int(pid)


def kill(process: subprocess.Popen[str], pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    assert process.stdout.readline() == f"ended {pid}\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(("database", "kills"), [("sqlite", 100), ("postgresql", 20)])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(database, kills, database_url_of, tmp_path):
    settings = Settings(
        data_dir=tmp_path,
        database_url=database_url_of(database),
        secret_key=SECRET,
        port=free_port(),
        agent_rate=0,
    )
    key = new_key(settings, "writer", ActorKind.SERVICE)
    history = History()
    chance = random.Random(20261121)
    with launcher(settings) as process:
        for round_number in range(kills):
            pid = start(process)
            writers = [
                Writer(
                    settings.public_url,
                    key,
                    history,
                    pace_seconds=WRITERS / WRITES_PER_SECOND,
                    seed=round_number * WRITERS + number,
                )
                for number in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            writers[0].stopped.wait(chance.uniform(0.05, 0.6))
            kill(process, pid)
            for writer in writers:
                writer.stopped.set()
                writer.join(20)
        pid = start(process)
        headers = {"authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=settings.public_url, headers=headers, timeout=20) as client:
            wrong = compare(history, client)
        kill(process, pid)
    assert wrong == []
    assert len(history.created) > kills
    assert len(history.answered) > kills / 2
    assert_log_is_whole(settings)


def assert_log_is_whole(settings: Settings) -> None:
    store = Store.open(settings.store_url, Keyring(parse_root(SECRET)))
    try:
        assert store.verify_log() is None
    finally:
        store.close()
