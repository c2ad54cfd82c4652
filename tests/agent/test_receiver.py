"""Callbacks: who is believed, what is refused, and that they only wake the wait. HITL v0.8 §9."""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest
import uvicorn

from openhitl.agent import SyncWaiting, Waiting
from openhitl.agent.receiver import MAX_BODY_BYTES, Receiver
from openhitl.agent.receiving import ReceiverServer
from tests.threads import on_thread

from .peer import CASE_ID, PATIENCE_SECONDS, Peer

pytestmark = pytest.mark.anyio

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four.").decode()
EVENT = json.dumps({"event": "review.completed", "case_id": CASE_ID}).encode()
NOW = 1_790_000_000


def simply(body=EVENT, secret=SECRET):
    """Sign as HITL v0.8 §9 "Signature Verification" says."""
    return {"x-hitl-signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def standard(body=EVENT, secret=SECRET, *, at=NOW, message_id="msg_1"):
    """Sign as Standard Webhooks says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


OTHER = "whsec_" + base64.b64encode(b"another secret altogether").decode()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (simply(), EVENT, 204),
        (standard(), EVENT, 204),
        ({**simply(), **standard()}, EVENT, 204),
        (standard(at=NOW - 299), EVENT, 204),
        ({**standard(), "webhook-signature": f"v1,xx v1a,yy {standard()['webhook-signature']}"}, EVENT, 204),
        ({}, EVENT, 401),
        (simply(secret=OTHER), EVENT, 401),
        (standard(secret=OTHER), EVENT, 401),
        (simply(), EVENT + b" ", 401),
        (standard(), EVENT + b" ", 401),
        (standard(at=NOW - 301), EVENT, 401),
        (standard(at=NOW + 301), EVENT, 401),
        ({**simply(), **standard(at=NOW - 301)}, EVENT, 401),
        ({**simply(), **standard(secret=OTHER)}, EVENT, 401),
        ({**simply(secret=OTHER), **standard()}, EVENT, 204),  # signed with the secret that was replaced
        ({**standard(), "webhook-timestamp": "soon"}, EVENT, 401),
        ({**standard(), "webhook-id": "msg_2"}, EVENT, 401),
        ({**simply(), "webhook-id": "msg_1"}, EVENT, 401),
        ({"x-hitl-signature": "sha256=ü"}, EVENT, 401),
        ({"x-hitl-signature": ""}, EVENT, 401),
        (simply(b"{}"), b"{}", 400),
        (simply(b"[1]"), b"[1]", 400),
        (simply(b"\xff"), b"\xff", 400),
        (simply(), b" " * (MAX_BODY_BYTES + 1), 413),
    ],
)
def test_only_what_the_service_signed_lately_is_heard(headers, body, status):
    receiver = Receiver(SECRET)
    with receiver.bell(CASE_ID) as bell:
        assert receiver.hear(headers, body, now=datetime.fromtimestamp(NOW, UTC)) == status
        assert bell.is_rung is (status == 204)


def test_two_secrets_are_live_while_one_is_replaced():
    receiver = Receiver(OTHER, SECRET)
    assert receiver.hear(simply(), EVENT, now=datetime.fromtimestamp(NOW, UTC)) == 204
    assert receiver.hear(standard(secret=OTHER), EVENT, now=datetime.fromtimestamp(NOW, UTC)) == 204


def test_a_secret_that_is_no_base64_signs_with_its_own_characters():
    assert Receiver("whsec_x").hear(simply(secret="whsec_x"), EVENT) == 204
    with pytest.raises(ValueError, match="secret"):
        Receiver("")


def test_a_callback_about_another_case_wakes_nobody():
    receiver = Receiver(SECRET)
    with receiver.bell("review_other") as bell:
        assert receiver.hear(simply(), EVENT) == 204
        assert not bell.is_rung


@contextmanager
def by_thread(receiver):
    with ReceiverServer(receiver) as server:
        yield server.url


@asynccontextmanager
async def by_asgi(receiver):
    config = uvicorn.Config(receiver, lifespan="off", log_level="error")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup(sockets=[listening])
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        await server.shutdown(sockets=[listening])


@asynccontextmanager
async def served(how, receiver):
    if how == "asgi":
        async with by_asgi(receiver) as url:
            yield url
    else:
        with by_thread(receiver) as url:
            yield url


async def post(url, body=EVENT, **headers):
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.post(url, content=body, headers=headers)).status_code


@pytest.mark.parametrize("how", ["asgi", "thread"])
@pytest.mark.parametrize("kind", [Waiting, SyncWaiting], ids=["async", "blocking"])
async def test_a_callback_wakes_the_wait_and_the_poll_says_what_happened(how, kind):
    """HITL v0.8 §9 "Reliability": the poll endpoint remains the source of truth."""
    receiver = Receiver(SECRET)
    async with Peer(retry_after="600") as peer, served(how, receiver) as url:
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.post(f"{peer.url}/do", json={"type": "approval", "prompt": "Go?"})
        waiting = kind.on(response, tell=lambda case: None, receiver=receiver)
        call = waiting.decision if kind is Waiting else lambda: on_thread(waiting.decision)
        deciding = asyncio.create_task(call())
        await peer.saw("status")
        forged = json.dumps({"event": "review.completed", "case_id": CASE_ID, "result": {"action": "x"}})
        assert await post(url, forged.encode(), **simply(forged.encode())) == 204
        await peer.saw("status", 2)
        await peer.complete("reject")
        assert await post(url, **simply()) == 204
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await deciding).action == "reject"
        assert peer.count("events") == 0


async def test_callbacks_that_never_stop_make_no_flood_of_polls():
    """Agents poll a case at most 60 times a minute."""
    receiver = Receiver(SECRET)
    async with Peer(retry_after="600", streams=False) as peer:
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.post(f"{peer.url}/do", json={"type": "approval", "prompt": "Go?"})
        waiting = Waiting.on(response, tell=lambda case: None, receiver=receiver)
        deciding = asyncio.create_task(waiting.decision())
        await peer.saw("status")
        begun = asyncio.get_running_loop().time()
        flood = asyncio.create_task(rings(receiver))
        await peer.saw("status", 3)
        assert asyncio.get_running_loop().time() - begun > 1.5
        await peer.complete()
        assert (await deciding).approved
        flood.cancel()


async def rings(receiver) -> None:
    """Send callbacks without an end."""
    while True:
        receiver.hear(simply(), EVENT)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("how", ["asgi", "thread"])
async def test_what_comes_over_the_wire_is_refused_before_it_costs_anything(how):
    async with served(how, Receiver(SECRET)) as url:
        assert await post(url) == 401
        assert await post(url, **standard(at=int(time.time()) - 400)) == 401
        assert await post(url, **standard(at=int(time.time()))) == 204
        assert await post(url, b"x" * (MAX_BODY_BYTES + 1)) == 413
        async with httpx2.AsyncClient(trust_env=False) as client:
            assert (await client.get(url)).status_code in (405, 501)


async def test_a_sender_that_goes_away_in_the_middle_is_nothing_to_say(capfd):
    with ReceiverServer(Receiver(SECRET)) as server:
        parts = urlsplit(server.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        writer.transport.abort()
        assert await post(server.url, **simply()) == 204
    assert capfd.readouterr() == ("", "")


async def test_the_plain_server_wants_to_know_how_long_a_body_is():
    with ReceiverServer(Receiver(SECRET)) as server:
        parts = urlsplit(server.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 411")
        writer.close()
