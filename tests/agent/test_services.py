"""Explicit mode: waiting for what any service asks, async or not, against a scripted one."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from openhitl.agent import Outcome, SyncWaiting, Waiting, case_in, course
from openhitl.agent.saved import saved_waits
from openhitl.errors import InvalidHitlObject, NextCaseUnknown, PeerError, ServerUnreachable, StillOpen
from openhitl.protocol.case import Progress, Status
from openhitl.protocol.timestamps import timestamp
from tests.threads import on_thread

from .peer import CASE_ID, PATIENCE_SECONDS, Fault, Peer

pytestmark = pytest.mark.anyio

BODY = {"type": "approval", "prompt": "Deploy?"}
VERSIONS = {
    "0.5": {"spec_version": "0.5"},
    "0.6": {"spec_version": "0.6", "reminder_at": "2026-02-20T22:00:00Z", "previous_case_id": "review_0"},
    "0.7": {
        "spec_version": "0.7",
        "submit_url": "https://service.example.com/respond",
        "submit_token": "agt_X2yZ4aB6cD8eF0gH2iJ4kL6mN8oP0qR2sT4uV6wX",
        "inline_actions": ["approve"],
    },
    "0.8": {"spec_version": "0.8", "verification_policy": {"mode": "optional"}},
    "1.0": {"spec_version": "1.0", "unheard_of": [1]},
}


@pytest.fixture
async def plain_peer():
    async with Peer(streams=False, retry_after="0") as peer:
        yield peer


class Agent:
    """A program that looks at what services answer, and waits in one of the two ways."""

    def __init__(self, kind) -> None:
        self.kind = kind
        self.told = []
        self._heard = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    async def asks(self, peer, **manner):
        """Call the service; return the wait that its answer asks for."""
        manner.setdefault("tell", self.told.append)
        async with httpx2.AsyncClient(trust_env=False) as client:
            response = await client.post(f"{peer.url}/do", json=BODY, headers={"Authorization": "Bearer k"})
        return self.kind.on(response, on_update=self._note, **manner)

    def decides(self, waiting, **limits):
        """Wait beside the test."""
        return asyncio.create_task(self.runs(waiting.decision, **limits))

    async def runs(self, method, *arguments, **named):
        """Call a method of a wait of either kind."""
        if self.kind is Waiting:
            return await method(*arguments, **named)
        return await on_thread(method, *arguments, **named)

    def _note(self, update) -> None:
        self._loop.call_soon_threadsafe(self._heard.put_nowait, update)

    async def hears(self):
        """Wait for the next update."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._heard.get()


@pytest.fixture(params=[Waiting, SyncWaiting], ids=["async", "blocking"])
async def agent(request):
    return Agent(request.param)


async def test_a_service_that_wants_no_human_is_nothing_to_wait_for(peer, agent):
    """HITL v0.8 §6 "When to Return HTTP 202"."""
    peer.fail("create", Fault(status=202, body={"job": 7}))
    assert await agent.asks(peer) is None
    peer.fail("create", Fault(status=202, body=b"<p>soon</p>"))
    assert await agent.asks(peer) is None
    peer.fail("create", Fault(status=200, body={"hitl": {}}))
    assert await agent.asks(peer) is None


@pytest.mark.parametrize("version", VERSIONS)
async def test_services_of_every_version_are_understood(peer, agent, version):
    peer.hitl_more = VERSIONS[version]
    waiting = await agent.asks(peer)
    deciding = agent.decides(waiting)
    await peer.saw("events")
    await peer.complete("approve", {"feedback": "go"})
    decision = await deciding
    assert decision.approved
    assert decision.data == {"feedback": "go"}
    assert agent.told == [waiting.case]
    assert {seen.headers["authorization"] for seen in peer.seen} == {"Bearer k"}


@pytest.mark.parametrize(
    "missing", ["review_url", "poll_url", "type", "prompt", "case_id", "created_at", "expires_at"]
)
async def test_a_required_field_that_is_missing_is_named(peer, agent, missing):
    """HITL v0.8 §6 "HITL Object Fields"."""
    peer.hitl_more = {missing: None}
    with pytest.raises(InvalidHitlObject, match=missing):
        await agent.asks(peer)


async def test_a_poll_body_without_the_case_id_is_about_the_case_that_was_asked_about(peer, agent):
    """As in the example of HITL v0.8 §15.3."""
    waiting = await agent.asks(peer, use_events=False)
    peer.fail("status", Fault(status=200, body={"status": "completed", "result": {"action": "edit"}}))
    decision = await agent.runs(waiting.decision)
    assert (decision.case_id, decision.action) == (CASE_ID, "edit")


async def test_progress_is_told_as_a_value_and_as_a_line(peer, agent):
    """HITL v0.8 §10.3.4."""
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events")
    progress = {"current_step": 2, "total_steps": 3, "completed_fields": 4, "total_fields": 8}
    await peer.advance("in_progress", progress=progress)
    update = await agent.hears()
    assert update.progress == Progress(**progress)
    assert update.line == "a human is at it, step 2 of 3, 4 of 8 fields"
    await peer.complete()
    await deciding


async def test_progress_is_told_from_polls_too(plain_peer, agent):
    """HITL v0.8 §10.3.4."""
    deciding = agent.decides(await agent.asks(plain_peer))
    await plain_peer.saw("status")
    progress = {"current_step": 1, "total_steps": 2, "completed_fields": 0, "total_fields": 3}
    await plain_peer.advance("in_progress", progress=progress)
    assert (await agent.hears()).progress == Progress(**progress)
    await plain_peer.complete()
    await deciding


def soon(milliseconds: int) -> str:
    return timestamp(datetime.now(UTC) + timedelta(milliseconds=milliseconds))


@pytest.mark.parametrize("streams", [True, False])
async def test_the_human_is_told_again_at_each_reminder(peer, agent, streams):
    """HITL v0.8 §6 `reminder_at`."""
    peer.hitl_more = {"reminder_at": [soon(1500), soon(3000), "2020-01-01T00:00:00Z"]}
    waiting = await agent.asks(peer, use_events=streams)
    deciding = agent.decides(waiting)
    assert (await agent.hears()).reminder
    assert (await agent.hears()).reminder
    await peer.complete()
    await deciding
    assert [case.reminder for case in agent.told] == [False, True, True]
    assert {case.review_url for case in agent.told} == {waiting.case.review_url}


async def test_one_reminder_may_be_given_without_a_list(peer, agent):
    """HITL v0.8 §6 `reminder_at`."""
    peer.hitl_more = {"reminder_at": soon(1500)}
    deciding = agent.decides(await agent.asks(peer, use_events=False))
    assert (await agent.hears()).reminder
    await peer.complete()
    await deciding
    assert len(agent.told) == 2


async def test_a_reminder_of_the_service_and_its_own_instant_are_one_telling(peer, agent):
    """HITL v0.8 §8.5 `review.reminder`."""
    instant = soon(1500)
    peer.hitl_more = {"reminder_at": [instant]}
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events")
    await peer.advance("reminder", reminder_at=instant)
    assert (await agent.hears()).reminder
    await peer.advance("reminder", reminder_at=instant)
    await peer.saw("events", 2)  # at the instant itself the stream is taken up anew
    await peer.advance("opened")
    assert (await agent.hears()).status is Status.OPENED
    await peer.advance("reminder", review_url="https://service.example.com/")
    await peer.complete()
    await deciding
    assert len(agent.told) == 2


async def test_a_human_who_has_begun_is_not_reminded(peer, agent):
    """HITL v0.8 §6 `reminder_at`: while the case is pending or opened."""
    peer.hitl_more = {"reminder_at": soon(1500)}
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events")
    await peer.advance("in_progress")
    await peer.saw("events", 2)  # the instant has come
    await peer.advance("reminder", reminder_at="2026-02-20T22:00:00Z")
    await peer.complete()
    await deciding
    assert len(agent.told) == 1


async def test_a_service_that_is_gone_long_after_the_deadline_is_given_up(peer, agent):
    peer.hitl_more = {"expires_at": "2026-02-20T10:00:00Z"}
    waiting = await agent.asks(peer)
    await peer.stop()
    with pytest.raises(ServerUnreachable):
        await agent.runs(waiting.decision)


async def test_a_service_that_never_ends_a_case_is_given_up_long_after_the_deadline(peer, agent):
    peer.hitl_more = {"expires_at": "2026-02-20T10:00:00Z"}
    peer.streams = False
    with pytest.raises(StillOpen):
        await agent.runs((await agent.asks(peer)).decision)


@pytest.mark.parametrize("expires_at", ["9999-12-31T23:59:59Z", "not an instant"])
async def test_a_deadline_of_any_kind_is_no_reason_to_fail(plain_peer, agent, expires_at):
    plain_peer.hitl_more = {"expires_at": expires_at, "reminder_at": [expires_at, "0001-01-01T00:00:00Z"]}
    waiting = await agent.asks(plain_peer)
    deciding = agent.decides(waiting)
    await plain_peer.saw("status", 2)
    await plain_peer.complete()
    assert (await deciding).approved


async def test_a_stream_that_only_lives_hides_no_deadline(peer, agent):
    peer.streams_only_heartbeats = True
    peer.hitl_more = {"expires_at": timestamp(datetime.now(UTC) + timedelta(seconds=1))}
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events")
    await peer.advance("expired", default_action="skip")
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await deciding).outcome is Outcome.EXPIRED


async def test_a_stream_that_only_lives_hides_no_answer(peer, agent, monkeypatch):
    monkeypatch.setattr(course, "LISTEN_SECONDS", 0.5)
    peer.streams_only_heartbeats = True
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events", 2)
    await peer.complete()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await deciding).approved


async def test_a_stream_that_is_long_in_coming_back_keeps_nobody_from_the_poll(peer, agent):
    peer.fail("events", Fault(status=503, headers={"Retry-After": "3600"}))
    waiting = await agent.asks(peer)
    await peer.complete()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (await agent.runs(waiting.decision)).approved
    assert peer.count("events") == 1


async def test_a_stream_at_no_address_keeps_nobody_from_the_poll(peer, agent):
    peer.hitl_more = {"events_url": "https://ü..example/"}
    waiting = await agent.asks(peer)
    await peer.complete()
    assert (await agent.runs(waiting.decision)).approved


async def test_what_a_stream_says_of_the_end_is_nobodys_word(peer, agent):
    deciding = agent.decides(await agent.asks(peer))
    await peer.saw("events")
    peer.fail("status", Fault(status=200, body={"status": "opened", "case_id": CASE_ID}))
    await peer.complete()
    assert (await deciding).approved
    assert [(await agent.hears()).status for _ in range(2)] == [Status.OPENED, Status.COMPLETED]


async def test_the_answer_to_another_case_is_none_to_this(plain_peer, agent):
    answer = {"status": "completed", "case_id": "review_2", "result": {"action": "approve"}}
    plain_peer.fail("status", Fault(status=200, body=answer))
    with pytest.raises(PeerError, match="another case"):
        await agent.runs((await agent.asks(plain_peer)).decision)


async def test_an_answer_that_was_cut_off_before_its_body_is_asked_for_again(plain_peer, agent):
    plain_peer.fail("status", Fault(status=200, body=b""))
    waiting = await agent.asks(plain_peer)
    await plain_peer.complete()
    assert (await agent.runs(waiting.decision)).approved


async def test_a_wait_that_was_given_up_can_be_begun_again(peer, agent):
    waiting = await agent.asks(peer)
    with pytest.raises(StillOpen):
        await agent.runs(waiting.decision, give_up_after=timedelta(milliseconds=100))
    await peer.complete()
    assert (await agent.runs(waiting.decision)).approved
    assert len(agent.told) == 1


async def test_default_actions_are_applied_on_request_and_approval_only_by_name(peer, agent):
    """HITL v0.8 §6 `default_action`."""
    peer.hitl_more = {"default_action": "abort"}
    waiting = await agent.asks(peer)
    await peer.advance("expired")
    decision = await agent.runs(waiting.decision)
    assert (decision.outcome, decision.default_action, decision.action) == (Outcome.EXPIRED, "abort", None)
    assert decision.require_answer(["abort"]).action == "abort"


async def test_sensitive_values_are_usable_and_never_printed(peer, agent):
    """HITL v0.8 §10.3.1 `sensitive`."""
    fields = [{"key": "salary", "type": "number", "sensitive": True}, {"key": "city", "type": "text"}]
    peer.hitl_more = {"type": "input", "context": {"form": {"steps": [{"title": "You", "fields": fields}]}}}
    waiting = await agent.asks(peer)
    await peer.complete("submit", {"salary": 95000, "city": "Berlin"})
    ended = await agent.runs(waiting.end)
    decision = await agent.runs(waiting.decision)
    assert decision.data["salary"] == 95000
    assert json.loads(json.dumps(decision.data)) == {"salary": 95000, "city": "Berlin"}
    for printed in (repr(decision), str(decision.data), f"{decision}", repr(ended), repr(waiting.case)):
        assert "95000" not in printed
    assert "Berlin" in str(decision.data)


async def test_a_next_case_that_is_not_known_where_is_a_typed_error(peer, agent):
    """HITL v0.8 §8 `next_case_id`."""
    async with Peer(streams=False) as other:
        other.created = BODY
        peer.hitl_more = {"poll_url": f"{other.url}/status"}
        waiting = await agent.asks(peer, use_events=False)
        await other.complete("edit", next_case_id="review_2")
        await agent.runs(waiting.decision)
        with pytest.raises(NextCaseUnknown):
            await agent.runs(waiting.next)


async def test_a_chain_whose_service_is_gone_ends(peer, agent):
    waiting = await agent.asks(peer)
    await peer.complete("edit")
    await agent.runs(waiting.decision)
    peer.fail("status", Fault(status=404))
    assert await agent.runs(waiting.next) is None
    await peer.stop()
    assert await agent.runs(waiting.next) is None


async def test_the_wait_for_the_next_case_is_saved_as_the_first_was(peer, agent, tmp_path):
    waiting = await agent.asks(peer)
    waiting.save(tmp_path / "waits")
    await peer.complete("edit", next_case_id="review_2")
    following = await agent.runs(waiting.next)
    assert following.case.poll_url == f"{peer.url}/api/reviews/review_2/status"
    (path,) = saved_waits(tmp_path / "waits")
    assert agent.kind.resume(path).case.case_id == "review_2"


async def test_a_chain_without_a_next_case_ends(peer, agent):
    waiting = await agent.asks(peer)
    await peer.complete("edit")
    assert await agent.runs(waiting.next) is None
    assert peer.count("status") == 2, "asked once more: some services make the next case only later"


async def test_what_a_response_holds_can_be_looked_at_alone():
    form = {
        "steps": [
            {"title": "You", "fields": [{"key": "a", "required": True}]},
            {"title": "Job", "fields": []},
        ]
    }
    hitl = {
        "case_id": CASE_ID,
        "type": "input",
        "prompt": "Who?",
        "review_url": "https://service.example.com/review/1?token=t",
        "poll_url": "https://service.example.com/reviews/1/status",
        "created_at": "2026-02-20T10:00:00Z",
        "expires_at": "2026-02-21T10:00:00Z",
        "context": {"form": form},
    }
    case = case_in(httpx2.Response(202, json={"message": "Please fill in.", "hitl": hitl}))
    assert (case.message, case.form.steps, case.form.required) == ("Please fill in.", ("You", "Job"), 1)
    assert case.form.line == "2-step form (You, Job): 1 field, 1 required"
    assert case_in(httpx2.Response(200, json={"hitl": hitl})) is None
