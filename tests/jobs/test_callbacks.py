"""Calling back, and what becomes of callbacks that fail. HITL v0.8 §9; Standard Webhooks 1.0."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from openhitl.cases import Casebook
from openhitl.cases.creation import Creation
from openhitl.identity import CallbackSecrets
from openhitl.jobs import CallBack, Worker
from openhitl.jobs.worker import GIVE_UP_AFTER, LANE_WIDTH
from openhitl.keyring import Keyring
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.callbacks import verify_callback
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.lifecycle import Effect
from openhitl.protocol.submission import Submission
from tests.cases.books import LINK, SECRET, MovableClock, opened
from tests.outbound.origin import Answer, Origin, serving
from tests.store.desk import CHANGED

LOOPBACK = ("127.0.0.0/8",)
FAST_SECONDS = 0.3
EVENTS = 1_000


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def origin():
    with serving() as running:
        yield running


class Office:
    """A casebook with a worker, and an agent that wants to be called back."""

    def __init__(self, book: Casebook, outbound: OutboundHttp, clock: MovableClock) -> None:
        self.book = book
        self.clock = clock
        store = book.ledger.store
        self.agent_id = (store.agent_named("bot") or store.add_agent("bot", **CHANGED)).agent_id
        self.secrets = CallbackSecrets(
            Keyring(bytes.fromhex(SECRET)),
            lambda agent_id, now: book.ledger.read(store.callback_generations, agent_id, now),
        )
        self.worker = Worker(book, {Effect.CALL_BACK: CallBack(book, outbound, self.secrets)})

    async def ended(self, url: str) -> str:
        """Make a case and answer it; return its id."""
        agent = Actor(kind=ActorKind.AGENT, id=f"agent:{self.agent_id}", name="bot")
        body = {"type": "confirmation", "prompt": "Go on?", "timeout": "7d", "hitl_callback_url": url}
        made = await self.book.create(body, Creation(actor=agent, agent_id=self.agent_id))
        case_id = made["hitl"]["case_id"]
        await self.book.submit(case_id, Submission(action="confirm", data={}), LINK)
        return case_id

    async def work(self) -> int:
        """Do everything that is due; return how many attempts that took."""
        attempts = 0
        while started := await self.worker.sweep():
            attempts += started
        return attempts

    def jobs(self, *, dead: bool | None = None):
        return self.book.ledger.store.list_jobs(dead=dead, after=0, limit=10_000)


@asynccontextmanager
async def office(database_url, clock, folder, *, allowed=LOOPBACK) -> AsyncIterator[Office]:
    outbound = OutboundHttp(Guard(allowed), timeout_seconds=FAST_SECONDS)
    try:
        async with opened(database_url, clock, folder) as book:
            yield Office(book, outbound, clock)
    finally:
        await outbound.close()


def test_the_end_is_told_once_and_signed(database_url, clock, tmp_path, origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer(status=204)
            case_id = await desk.ended(f"{origin.url}/hook?run=1")
            assert await desk.work() == 1
            assert await desk.work() == 0
            [(headers, body)] = origin.posted
            assert origin.paths == ["/hook?run=1"]
            assert json.loads(body) == {
                "event": "review.completed",
                "case_id": case_id,
                "completed_at": "2026-05-04T12:00:00Z",
                "result": {"action": "confirm", "data": {}},
            }
            assert headers["content-type"] == "application/json"
            [secret] = await desk.secrets.live(desk.agent_id, clock.now)
            verify_callback(headers, body, secret, now=clock.now)
            assert desk.jobs() == []

    asyncio.run(scenario())


def test_a_receiver_that_fails_is_tried_three_times_quickly_and_then_less_often(
    database_url, clock, tmp_path, origin
):
    """Design "Choices against the letter of the spec": 1 s, 5 s, 30 s, then growing pauses for 72 h."""

    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer(status=500)
            await desk.ended(f"{origin.url}/hook")
            began, pauses = clock.now, []
            while await desk.work() and (waiting := desk.jobs(dead=False)):
                pauses.append((waiting[0].due_at - clock.now).total_seconds())
                clock.now = waiting[0].due_at
            wanted = [1, 5, 30, 120, 600, 1_800, *[3_600] * (len(pauses) - 6)]
            assert all(least <= pause <= 1.1 * least for least, pause in zip(wanted, pauses, strict=True))
            assert GIVE_UP_AFTER - timedelta(hours=1.1) < clock.now - began <= GIVE_UP_AFTER
            [dead] = desk.jobs(dead=True)
            assert (dead.last_error, dead.attempts) == ("It answered 500.", len(pauses) + 1)
            ids = {headers["webhook-id"] for headers, _ in origin.posted}
            stamps = {headers["webhook-timestamp"] for headers, _ in origin.posted}
            assert (len(ids), len(stamps)) == (1, dead.attempts), "one id, a fresh time each"

    asyncio.run(scenario())


def test_one_that_is_gone_for_good_is_given_up_and_can_be_replayed(database_url, clock, tmp_path, origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer(status=410)
            await desk.ended(f"{origin.url}/hook")
            assert await desk.work() == 1
            [dead] = desk.jobs(dead=True)
            assert dead.dead_at == clock.now
            origin.answers["/hook"] = Answer(status=200)
            assert desk.book.ledger.store.replay_jobs([dead.job_id], clock.now) == 1
            assert await desk.work() == 1
            assert desk.jobs() == []
            first, second = (headers["webhook-id"] for headers, _ in origin.posted)
            assert first == second

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "address",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://10.0.0.1/",
    ],
)
def test_no_callback_reaches_an_address_that_is_not_public(database_url, clock, tmp_path, address):
    """Decimal, hex, mapped, NAT64, metadata."""

    async def scenario():
        async with office(database_url, clock, tmp_path, allowed=()) as desk:
            await desk.ended(address)
            assert await desk.work() == 1
            [dead] = desk.jobs(dead=True)
            assert "may not be called" in dead.last_error

    asyncio.run(scenario())


def test_a_redirect_is_not_followed(database_url, clock, tmp_path, origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer(status=302, headers={"location": f"{origin.url}/other"})
            await desk.ended(f"{origin.url}/hook")
            await desk.work()
            assert origin.paths == ["/hook"]
            [job] = desk.jobs(dead=False)
            assert job.last_error == "It answered 302."

    asyncio.run(scenario())


def test_a_receiver_that_asks_for_time_is_given_it(database_url, clock, tmp_path, origin):
    """RFC 9110 §10.2.3."""

    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer(status=429, headers={"retry-after": "300"})
            await desk.ended(f"{origin.url}/hook")
            await desk.work()
            [job] = desk.jobs(dead=False)
            assert job.due_at == clock.now + timedelta(seconds=300)

    asyncio.run(scenario())


def test_a_dead_receiver_keeps_nobody_else_waiting(database_url, clock, tmp_path, origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            slow.answers["/hook"] = Answer(stalls=True)
            origin.answers["/hook"] = Answer()
            for _ in range(3 * LANE_WIDTH):
                await desk.ended(f"{slow.url}/hook")
            last = await desk.ended(f"{origin.url}/hook")
            assert await desk.worker.sweep() == LANE_WIDTH + 1
            assert last in {json.loads(body)["case_id"] for _, body in origin.posted}
            assert await desk.worker.sweep() == 0, "the other one pauses"
            assert len(desk.jobs(dead=False)) == 3 * LANE_WIDTH

    with serving() as slow:
        asyncio.run(scenario())


def test_while_a_secret_follows_another_both_verify(database_url, clock, tmp_path, origin: Origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            origin.answers["/hook"] = Answer()
            desk.book.ledger.store.rotate_callbacks(desk.agent_id, by=OPERATOR, now=clock.now)
            old, new = await desk.secrets.live(desk.agent_id, clock.now)
            await desk.ended(f"{origin.url}/hook")
            await desk.work()
            [(headers, body)] = origin.posted
            for secret in (old, new):
                verify_callback(headers, body, secret, now=clock.now)
            clock.move(days=1)
            assert await desk.secrets.live(desk.agent_id, clock.now) == [new]

    asyncio.run(scenario())


def test_a_purged_case_has_nothing_left_to_tell(database_url, clock, tmp_path, origin):
    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            await desk.ended(f"{origin.url}/hook")
            store = desk.book.ledger.store
            [job] = store.take_jobs(origin.url, clock.now, clock.now, 1)
            assert store.purge(clock.now + timedelta(days=1), 10) == 1
            await CallBack(desk.book, OutboundHttp(Guard()), desk.secrets)(job)
            assert origin.posted == []

    asyncio.run(scenario())


@contextmanager
def receiving(port: int, path: Path, seed: int):
    command = [sys.executable, "-m", "tests.jobs.receiver", str(port), str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


def test_of_a_thousand_callbacks_none_is_lost(database_url, clock, tmp_path):
    """A receiver that is down, slow, resets, answers 500 and is killed; ids stay the same."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "taken"

    async def scenario():
        async with office(database_url, clock, tmp_path) as desk:
            asked = [await desk.ended(f"http://127.0.0.1:{port}/hook") for _ in range(EVENTS)]
            await desk.work()  # nobody listens yet
            seed = 0
            while desk.jobs(dead=False):
                seed += 1
                with receiving(port, path, seed):
                    for _ in range(EVENTS // LANE_WIDTH // 5):
                        clock.move(seconds=40)
                        await desk.worker.sweep()
            assert desk.jobs(dead=True) == []
            return asked

    asked = asyncio.run(scenario())
    told: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        message_id, _, body = line.partition(" ")
        told.setdefault(json.loads(body)["case_id"], set()).add(message_id)
    assert sorted(told) == sorted(asked), "none lost"
    assert all(len(ids) == 1 for ids in told.values()), "one id each"
