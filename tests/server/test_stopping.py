"""The end of a server: not ready first, streams ended, what was taken is kept, gone in ten seconds."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from openhitl.jobs.engine import keep_running
from openhitl.protocol.case import ActorKind
from openhitl.server.app import Server
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.door.bodies import CONFIRMATION
from tests.durability.history import History, Writer, compare
from tests.feed.loops import run_skipping
from tests.server.processes import ServerProcess, serving
from tests.store.lossy import lossy_proxy

GONE_SECONDS = 10.0
STREAMS = 20
WRITERS = 4


def client_of(process: ServerProcess, key: str) -> httpx2.Client:
    headers = {"authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=process.url, headers=headers, timeout=20, trust_env=False)


def listen(client: httpx2.Client, url: str, begun: threading.Barrier) -> str:
    """Read a stream to its end; what breaks off raises."""
    with client.stream("GET", url) as response:
        chunks = response.iter_text()
        text = next(chunks)
        begun.wait(GONE_SECONDS)
        return text + "".join(chunks)


def test_sigterm_ends_everything_in_order_and_loses_nothing(tmp_path: Path) -> None:
    """Streams are open, cases are written, and one request has sent only half of its body."""
    history = History()
    with serving(tmp_path) as process, ThreadPoolExecutor(STREAMS) as readers:
        key = new_key(Settings(data_dir=tmp_path), "steady", ActorKind.SERVICE)
        writers = [Writer(process.url, key, history, pace_seconds=0.0, seed=seed) for seed in range(WRITERS)]
        with client_of(process, key) as client, half_a_request(process, key) as half:
            hitl = client.post("/api/v1/reviews", json=CONFIRMATION).json()["hitl"]
            begun = threading.Barrier(STREAMS + 1)
            reading = [readers.submit(listen, client, hitl["events_url"], begun) for _ in range(STREAMS)]
            for writer in writers:
                writer.start()
            begun.wait(GONE_SECONDS)
            wait_until(lambda: len(history.answered) > 20)
            terminated = process.terminate()
            for one in reading:
                text = one.result(GONE_SECONDS)
                assert "review.pending" in text
                assert "review.completed" not in text
            process.ends()
            assert time.monotonic() - terminated < GONE_SECONDS
            assert b'"error":"stopping"' in half.recv(65_536)
        for writer in writers:
            writer.stopped.set()
            writer.join(GONE_SECONDS)
    assert "Traceback" not in process.said
    with serving(tmp_path) as process, client_of(process, key) as client:
        assert compare(history, client) == []


def half_a_request(process: ServerProcess, key: str) -> socket.socket:
    """Begin a request whose body does not come."""
    connection = socket.create_connection(("127.0.0.1", httpx2.URL(process.url).port))
    head = f"POST /api/v1/reviews HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n"
    connection.sendall(f"{head}content-length: 100\r\n\r\n{{".encode())
    return connection


def wait_until(true) -> None:
    """Ask again and again, giving way in between, for a bounded time."""
    began = time.monotonic()
    gate = threading.Event()
    while not true():
        assert time.monotonic() - began < GONE_SECONDS
        gate.wait(0.01)


def test_an_idle_server_is_gone_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as process:
        assert httpx2.get(f"{process.url}/readyz", trust_env=False).status_code == 200
        terminated = process.terminate()
        process.ends()
        assert time.monotonic() - terminated < 3
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{process.url}/readyz", trust_env=False)


def test_a_writer_that_waits_for_the_database_keeps_no_server(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with serving(tmp_path) as process, ThreadPoolExecutor(1) as asker:
        key = new_key(settings, "steady", ActorKind.SERVICE)
        with (
            client_of(process, key) as client,
            closing(sqlite3.connect(settings.database_file, isolation_level=None)) as other,
        ):
            assert client.get("/readyz").status_code == 200
            other.execute("BEGIN IMMEDIATE")
            asking = asker.submit(client.post, "/api/v1/reviews", json=CONFIRMATION)
            assert client.get("/healthz").status_code == 200
            terminated = process.terminate()
            process.ends()
            assert time.monotonic() - terminated < GONE_SECONDS
            asking.exception(GONE_SECONDS)


def test_a_database_that_does_not_answer_keeps_no_server(tmp_path: Path, database_url_of) -> None:
    """Reading, writing, listening and announcing all wait for it."""
    with lossy_proxy(database_url_of("postgresql")) as proxy:
        settings = Settings(data_dir=tmp_path, database_url=proxy.url, secret_key="0f" * 32)
        environment = {"HITL_DATABASE_URL": proxy.url, "HITL_SECRET_KEY": "0f" * 32}
        key = new_key(settings, "steady", ActorKind.SERVICE)
        with (
            serving(tmp_path, **environment) as process,
            ThreadPoolExecutor(2) as askers,
            client_of(process, key) as client,
        ):
            hitl = client.post("/api/v1/reviews", json=CONFIRMATION).json()["hitl"]
            proxy.freeze()
            asking = [
                askers.submit(client.get, hitl["review_url"]),
                askers.submit(client.post, "/api/v1/reviews", json=CONFIRMATION),
            ]
            assert client.get("/healthz").status_code == 200
            terminated = process.terminate()
            process.ends()
            assert time.monotonic() - terminated < GONE_SECONDS
            for one in asking:
                one.exception(GONE_SECONDS)


def test_a_server_that_leaves_is_alive_but_not_ready(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Server(Settings(data_dir=tmp_path))
        await server.start()
        transport = httpx2.ASGITransport(app=server)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/readyz")).json() == {"status": "ok"}
            server.leave()
            refused = await client.get("/readyz")
            assert (refused.status_code, refused.json()["error"]) == (503, "stopping")
            assert (await client.get("/healthz")).status_code == 200
            await server.stop()
            assert (await client.get("/readyz")).status_code == 503

    asyncio.run(scenario())


def test_what_comes_while_a_server_leaves_is_answered_and_a_stream_ends(tmp_path: Path) -> None:
    async def scenario() -> None:
        server = Server(Settings(data_dir=tmp_path, demo=True))
        await server.start()
        transport = httpx2.ASGITransport(app=server)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            server.leave()
            created = await client.post("/api/demo")
            assert created.status_code == 202
            hitl = created.json()["hitl"]
            async with asyncio.timeout(GONE_SECONDS):
                stream = await client.get(hitl["events_url"])
            assert stream.text.startswith("retry:")  # come back, to another server
        await server.stop()

    asyncio.run(scenario())


def test_background_work_that_fails_is_started_again() -> None:
    runs = []

    async def work() -> None:
        runs.append(asyncio.get_running_loop().time())
        if len(runs) < 4:
            raise ZeroDivisionError("a fault of ours")
        await asyncio.get_running_loop().create_future()

    async def scenario() -> None:
        task = asyncio.create_task(keep_running(work))
        await asyncio.sleep(10)
        task.cancel()

    with capture_logs() as logged:
        run_skipping(scenario())
    assert runs == [0.0, 1.0, 2.0, 3.0]
    assert [line["event"] for line in logged] == ["background_work_failed"] * 3


def test_a_database_that_cannot_be_opened_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "openhitl.db").write_bytes(b"not a database" * 100)

    async def scenario() -> list[str]:
        sent = []
        arrived = asyncio.Queue()
        arrived.put_nowait({"type": "lifespan.startup"})

        async def send(message) -> None:
            sent.append(message)

        await Server(Settings(data_dir=tmp_path))({"type": "lifespan"}, arrived.get, send)
        return sent

    [message] = asyncio.run(scenario())
    assert message["type"] == "lifespan.startup.failed"
    assert "database" in message["message"]
