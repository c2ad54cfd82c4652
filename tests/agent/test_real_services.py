"""Both modes against the real server, which is to its callers a service like any other."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest

from openhitl.agent import Outcome, SyncWaiting, Waiting
from openhitl.errors import AnswerCancelled, AnswerExpired
from openhitl.protocol.timestamps import timestamp
from tests.agent.callers import CALLERS
from tests.servers import APPROVAL
from tests.threads import on_thread

pytestmark = pytest.mark.anyio


class Human:
    """Is told of cases, from whatever thread, and answers them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Queue()

    def __call__(self, case) -> None:
        self._loop.call_soon_threadsafe(self._told.put_nowait, case)

    async def is_told(self):
        return await self._told.get()

    async def posts(self, case, what, body):
        parts = urlsplit(case.review_url)
        url = f"{parts.scheme}://{parts.netloc}/reviews/{case.case_id}/{what}?{parts.query}"
        async with httpx2.AsyncClient(trust_env=False) as browser:
            response = await browser.post(url, json=body)
        assert response.status_code == 200, response.text


@pytest.fixture
async def human():
    return Human()


async def ask(server, **more):
    """Call the service as a program does."""
    headers = {"Authorization": f"Bearer {server.service_key}"}
    async with httpx2.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as client:
        response = await client.post("/api/v1/reviews", json={**APPROVAL, **more})
    assert response.status_code == 202, response.text
    return response


def runs(kind, method, **named):
    if kind is Waiting:
        return asyncio.ensure_future(method(**named))
    return asyncio.ensure_future(on_thread(method, **named))


kinds = pytest.mark.parametrize("kind", [Waiting, SyncWaiting], ids=["async", "blocking"])


@pytest.mark.parametrize("name", CALLERS)
async def test_a_call_that_needs_a_human_returns_with_the_answer(server, human, name):
    headers = {"Authorization": f"Bearer {server.service_key}"}
    url = f"{server.url}/api/v1/reviews"
    asked = asyncio.create_task(CALLERS[name].call(url, APPROVAL, headers, tell=human))
    await human.posts(await human.is_told(), "respond", {"action": "approve", "data": {"feedback": "go"}})
    async with asyncio.timeout(5):
        got = await asked
    assert got.status == 200
    assert got.json["result"]["action"] == "approve"
    assert got.json["result"]["data"] == {"feedback": "go"}


@pytest.mark.parametrize("name", ["httpx2-async", "requests"])
async def test_a_call_that_nobody_answers_fails_with_the_poll_body(server, human, name):
    headers = {"Authorization": f"Bearer {server.service_key}"}
    url = f"{server.url}/api/v1/reviews"
    asked = asyncio.create_task(CALLERS[name].call(url, {**APPROVAL, "timeout": "10s"}, headers, tell=human))
    cancelled = asyncio.create_task(CALLERS[name].call(url, APPROVAL, headers, tell=human))
    cases = [await human.is_told(), await human.is_told()]
    lasting = next(case for case in cases if case.expires_at - datetime.now(UTC) > timedelta(hours=1))
    await human.posts(lasting, "cancel", {"reason": "Not today"})
    with pytest.raises(AnswerCancelled, match="Not today"):
        await cancelled
    with pytest.raises(AnswerExpired) as caught:
        await asked
    assert caught.value.details["poll"]["status"] == "expired"


@kinds
async def test_a_chain_of_cases_is_followed_to_its_end(server, human, kind):
    """HITL v0.8 §15.3."""
    waiting = kind.on(await ask(server), tell=human)
    deciding = runs(kind, waiting.decision)
    first = await human.is_told()
    await human.posts(first, "respond", {"action": "edit", "data": {"feedback": "Fix the intro"}})
    assert (await deciding).data["feedback"] == "Fix the intro"
    response = await ask(server, previous_case_id=first.case_id)
    second = kind.on(response, tell=human)
    following = await runs(kind, waiting.next)
    assert following.case.case_id == second.case.case_id
    deciding = runs(kind, following.decision)
    await human.posts(second.case, "respond", {"action": "approve", "data": {}})
    assert (await deciding).approved
    assert await runs(kind, following.next) is None


async def test_all_decisions_of_a_chain_come_one_after_the_other(server, human):
    waiting = Waiting.on(await ask(server), tell=human)
    first = waiting.case
    await human.posts(first, "respond", {"action": "edit", "data": {"feedback": "Shorter"}})
    second = Waiting.on(await ask(server, previous_case_id=first.case_id), tell=human).case
    await human.posts(second, "respond", {"action": "approve", "data": {}})
    assert [decision.action async for decision in waiting.decisions()] == ["edit", "approve"]
    blocking = SyncWaiting.on(await ask(server), tell=human)
    await human.posts(blocking.case, "respond", {"action": "reject", "data": {}})
    actions = await on_thread(lambda: [decision.action for decision in blocking.decisions()])
    assert actions == ["reject"]


@kinds
async def test_a_reminder_is_told_once_though_clock_and_stream_both_say_it(server, human, kind):
    """HITL v0.8 §6 `reminder_at`, §8.5 `review.reminder`."""
    soon = timestamp(datetime.now(UTC) + timedelta(milliseconds=700))
    waiting = kind.on(await ask(server, reminder_at=[soon]), tell=human)
    deciding = runs(kind, waiting.decision)
    assert not (await human.is_told()).reminder
    again = await human.is_told()
    assert again.reminder
    await human.posts(again, "respond", {"action": "approve", "data": {}})
    assert (await deciding).approved
    assert human._told.empty()


@kinds
async def test_a_saved_wait_is_gone_on_with_by_another(server, human, kind, tmp_path):
    path = kind.on(await ask(server), tell=human).save(tmp_path / "waits")
    waiting = kind.resume(path, headers={"Authorization": f"Bearer {server.service_key}"}, tell=human)
    deciding = runs(kind, waiting.decision)
    await human.posts(await human.is_told(), "respond", {"action": "reject", "data": {"feedback": "no"}})
    decision = await deciding
    assert (decision.outcome, decision.action) == (Outcome.ANSWERED, "reject")
    assert not path.exists()
