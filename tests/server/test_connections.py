"""Clients that are slow, stuck or gone, spoken to by hand over a socket."""

from __future__ import annotations

import json
import re
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openhitl.protocol.case import ActorKind
from openhitl.review.asgi import Patience
from openhitl.review.room import Room
from openhitl.server.app import Server
from openhitl.server.local import new_key
from openhitl.server.serving import HitlUvicorn, bind, cut_stuck_readers, uvicorn_for
from openhitl.settings import Settings
from tests.door.bodies import APPROVAL, INPUT
from tests.server.processes import serving
from tests.servers import RunningServer, running, token_of

BOUND_SECONDS = 10.0
#: So little that even a small event does not fit while nobody reads.
SMALL_BUFFER = 4_096
#: Asks for more text than any buffer on the way takes.
LONG_KEYS = [f"chapter_{number}" for number in range(8)]
LONG_FORM = {
    "type": "input",
    "prompt": "Please write.",
    "context": {"form": {"fields": [{"key": key, "label": key, "type": "textarea"} for key in LONG_KEYS]}},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("connections")) as running_server:
        yield running_server


@contextmanager
def connected(client: httpx2.Client, *, receive_buffer: int | None = None) -> Iterator[socket.socket]:
    """Open a connection to where a client's requests go."""
    with socket.socket() as connection:
        connection.settimeout(BOUND_SECONDS)
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.connect(("127.0.0.1", client.base_url.port))
        yield connection


def head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "host: localhost", *headers, "", ""]).encode()


def read_to_the_end(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    return received


def read_response(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Read one JSON response whose connection stays open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    start, _, body = received.partition(b"\r\n\r\n")
    length = int(start.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return int(start.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"action=approve&feedback=but+never+on+a+Friday"),
        ("application/json", b'{"action": "approve"}'),
    ],
)
@pytest.mark.parametrize("ending", ["closes", "resets"])
def test_an_answer_that_ends_early_is_no_answer(server, media_type, body, ending):
    """What came of it could be read as a whole one, as the first words of a form can."""
    hitl = server.ask(APPROVAL)
    target = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
    announced = f"content-length: {len(body) + 10}"
    with connected(server.anyone) as connection:
        connection.sendall(head("POST", target, f"content-type: {media_type}", announced) + body)
        assert server.status(hitl)["status"] == "pending"
        if ending == "closes":
            connection.shutdown(socket.SHUT_WR)
            read_to_the_end(connection)
        else:
            linger = (1).to_bytes(4, "little") + bytes(4)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert server.status(hitl)["status"] == "pending"
    assert server.service.get(f"/api/v1/reviews/{hitl['case_id']}").json()["status"] == "pending"


def test_a_body_that_comes_byte_by_byte_is_taken(server):
    hitl = server.ask(APPROVAL)
    body = b'{"action": "approve", "data": {"feedback": "slowly"}}'
    target = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
    with connected(server.anyone) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = head("POST", target, "content-type: application/json", f"content-length: {len(body)}")
        for byte in request + body:
            connection.sendall(bytes([byte]))
        assert read_response(connection)[0] == 200
    assert server.status(hitl)["result"]["data"]["feedback"] == "slowly"


def test_requests_sent_at_once_are_answered_in_order(server):
    with connected(server.anyone) as connection:
        connection.sendall(
            head("GET", "/healthz") + head("GET", "/nowhere") + head("GET", "/healthz", "connection: close")
        )
        received = read_to_the_end(connection)
    assert re.findall(rb"HTTP/1\.1 (\d+)", received) == [b"200", b"404", b"200"]


def test_what_is_not_http_is_refused_and_harms_nobody(server):
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"\x00" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
    ):
        with connected(server.anyone) as connection:
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
            assert not read_to_the_end(connection).startswith(b"HTTP/1.1 200")
    assert server.anyone.get("/healthz").status_code == 200


def test_a_stream_whose_reader_has_gone_is_forgotten_when_it_is_next_written_to(server):
    hitl = server.ask(INPUT)
    with connected(server.anyone) as connection:
        target = f"/api/reviews/{hitl['case_id']}/events"
        connection.sendall(head("GET", target, f"authorization: Bearer {server.service_key}"))
        assert b"200 OK" in connection.recv(65_536)
        assert streams(server.anyone) == 1
    server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    assert streams(server.anyone) == 0


def streams(client: httpx2.Client) -> int:
    lines = client.get("/metrics").text.splitlines()
    return int(float(next(line for line in lines if line.startswith("openhitl_event_streams ")).split()[1]))


@contextmanager
def impatient(
    data_dir: Path, patience: Patience | None = None, room: Room | None = None
) -> Iterator[tuple[httpx2.Client, HitlUvicorn]]:
    """Serve with another patience or less room, with buffers that are soon full; give a service's client."""
    listener, settings = bind(Settings(data_dir=data_dir, port=0, agent_rate=0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
    cut_stuck_readers(listener, (patience or Patience()).stuck_seconds)
    uvicorn = uvicorn_for(Server(settings, patience=patience, room=room))
    started = threading.Event()
    uvicorn.on_started = started.set
    thread = threading.Thread(target=uvicorn.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(BOUND_SECONDS)
        headers = {"authorization": f"Bearer {new_key(settings, 'impatient', ActorKind.SERVICE)}"}
        with httpx2.Client(base_url=settings.public_url, headers=headers, trust_env=False) as client:
            yield client, uvicorn
    finally:
        uvicorn.should_exit = True
        thread.join()


def test_a_reader_that_takes_nothing_is_cut(tmp_path):
    """Design "The way of a decision": a stuck reader is cut, and what was queued for it is dropped."""
    with impatient(tmp_path, Patience(stuck_seconds=1.0)) as (service, uvicorn):
        hitl = service.post("/api/v1/reviews", json=LONG_FORM).json()["hitl"]
        with connected(service, receive_buffer=SMALL_BUFFER) as connection:
            target = f"/api/reviews/{hitl['case_id']}/events"
            connection.sendall(head("GET", target, f"authorization: {service.headers['authorization']}"))
            assert connection.recv(1_024).startswith(b"HTTP/1.1 200")
            answer = {"action": "submit", "data": dict.fromkeys(LONG_KEYS, "x" * 90_000)}
            target = hitl["review_url"].replace("/review/", "/reviews/").replace("?", "/respond?")
            assert httpx2.post(target, json=answer, trust_env=False).status_code == 200
            began = time.monotonic()
            while len(uvicorn.server_state.connections) > 1:  # the one of `service` stays
                assert time.monotonic() - began < BOUND_SECONDS
                assert service.get("/healthz").status_code == 200
        assert streams(service) == 0


@pytest.mark.parametrize(
    "sent", [b"", b"GET /healthz HTTP/1.1\r\nhost: a\r\n", b"GET /healthz HTTP/1.1\r\n\r\nGET /"]
)
def test_a_head_that_does_not_come_is_not_waited_for(tmp_path, sent):
    with impatient(tmp_path, Patience(head_seconds=0.3)) as (service, _), connected(service) as connection:
        connection.sendall(sent)
        if sent.endswith(b"GET /"):
            assert read_response(connection) == (200, {"status": "ok"})
            connection.sendall(b"health")
        assert read_to_the_end(connection) == b""


#: Which of them it is depends on how soon the network tells.
CUT = (BrokenPipeError, ConnectionResetError)


def pour(connection: socket.socket, mebibytes: int) -> None:
    for _ in range(16 * mebibytes):
        connection.sendall(b"x" * 65_536)


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nx: "], ids=["address", "header"])
def test_a_head_without_end_is_refused(server, start):
    with connected(server.anyone) as connection:
        connection.sendall(start)
        with pytest.raises(CUT):
            pour(connection, 16)
    with connected(server.anyone) as connection:
        connection.sendall(start.ljust(65_537, b"x"))
        status, body = read_response(connection)
        assert (status, body["error"], body["limit_bytes"]) == (413, "payload_too_large", 65_536)


def test_trailers_without_end_are_cut(server):
    with connected(server.anyone) as connection:
        connection.sendall(head("POST", "/api/v1/reviews", "transfer-encoding: chunked") + b"0\r\nx: ")
        with pytest.raises(CUT):
            pour(connection, 32)


def test_heads_of_one_connection_are_counted_one_by_one(server):
    with connected(server.anyone) as connection:
        for _ in range(5):
            connection.sendall(head("GET", "/healthz", "x: " + "x" * 30_000))
            assert read_response(connection) == (200, {"status": "ok"})


def test_a_body_that_does_not_come_is_refused_in_time(tmp_path):
    with impatient(tmp_path, Patience(body_seconds=0.3)) as (service, _):
        with connected(service) as connection:
            length = "content-length: 1000"
            authorization = f"authorization: {service.headers['authorization']}"
            connection.sendall(head("POST", "/api/v1/reviews", authorization, length) + b'{"type": ')
            status, body = read_response(connection)
            assert (status, body["error"]) == (400, "invalid_json")
        assert service.get("/api/v1/reviews").json()["reviews"] == []


def test_streams_leave_room_for_people(tmp_path):
    """Design "The way of a decision": a reserve of file descriptors keeps room for people."""
    with impatient(tmp_path, room=Room(connections=100, streams=2)) as (service, _), ExitStack() as stack:
        hitl = service.post("/api/v1/reviews", json=LONG_FORM).json()["hitl"]
        for _ in range(2):
            stream = stack.enter_context(service.stream("GET", hitl["events_url"]))
            assert stream.status_code == 200
        refused = service.get(hitl["events_url"])
        assert (refused.status_code, refused.json()["error"]) == (503, "overloaded")
        assert "retry-after" in refused.headers
        assert service.get(hitl["poll_url"]).json()["status"] == "pending"
        assert httpx2.get(hitl["review_url"], trust_env=False).status_code == 200


def test_connections_leave_files_for_the_server_itself(tmp_path):
    with impatient(tmp_path, room=Room(connections=3, streams=1)) as (service, _), ExitStack() as stack:
        assert service.get("/healthz").status_code == 200
        waiting = [stack.enter_context(connected(service)) for _ in range(2)]
        for connection in waiting:
            connection.sendall(head("GET", "/healthz"))
            assert read_response(connection) == (200, {"status": "ok"})
        with connected(service) as connection:
            status, body = read_response(connection)
            assert (status, body["error"]) == (503, "overloaded")
            assert read_to_the_end(connection) == b""
        assert service.get("/healthz").status_code == 200


@pytest.mark.parametrize("files", [256, 1_024, 20_000, resource.RLIM_INFINITY])
def test_whatever_the_limit_there_is_room_for_both(monkeypatch, files):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    room = Room.of_this_process()
    assert 0 < room.streams < room.connections < (files if files > 0 else 2**31)


def test_a_client_that_leaves_before_its_answers_is_no_fault(tmp_path: Path) -> None:
    """Requests that were sent together are answered one after another; all of them are told."""
    with serving(tmp_path) as process:
        key = new_key(Settings(data_dir=tmp_path), "steady", ActorKind.SERVICE)
        headers = {"authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=process.url, headers=headers, trust_env=False) as client:
            hitl = client.post("/api/v1/reviews", json=APPROVAL).json()["hitl"]
            for _ in range(5):
                with connected(client) as connection:
                    connection.sendall(head("GET", hitl["review_url"].removeprefix(process.url)) * 50)
                    connection.recv(1)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert client.get(hitl["review_url"]).status_code == 200
        process.terminate()
        process.ends()
    assert process.said.endswith("`hitl admin owner-link`.\n"), "nothing but what it says when it starts"
