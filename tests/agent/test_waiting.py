"""Waiting against a scripted service on real sockets, which drops, restarts and refuses."""

import asyncio
from datetime import timedelta

import pytest

from openhitl.agent import HITL, Outcome, Update
from openhitl.errors import InvalidToken, StillOpen
from openhitl.protocol.case import Progress, Status

from .peer import CASE_ID, PATIENCE_SECONDS, Fault, Peer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def plain_peer():
    async with Peer(streams=False) as peer:
        yield peer


class Ear:
    """Hears the updates of a wait, one after the other."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Update] = asyncio.Queue()

    def __call__(self, update: Update) -> None:
        self._heard.put_nowait(update)

    async def next(self) -> Update:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._heard.get()


def agent(peer: Peer, on_update: Ear | None = None) -> HITL:
    return HITL(peer.url, "hitla_key", announce=lambda case: None, on_update=on_update)


async def test_an_answer_ends_the_wait_by_stream_and_one_poll(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?", "the plan"))
        await peer.saw("events")
        await peer.advance("opened", opened_at="2026-02-20T10:01:00Z")
        await peer.complete("approve", {"feedback": "go"})
        decision = await asked
    assert decision.outcome is Outcome.ANSWERED
    assert decision.approved
    assert decision.data == {"feedback": "go"}, "from the poll: the event did not carry it"
    assert peer.count("status") == 1
    assert peer.count("create") == 1


async def test_every_request_carries_the_key(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.complete()
        await asked
    assert {seen.headers.get("authorization") for seen in peer.seen} == {"Bearer hitla_key"}


async def test_a_dropped_stream_resumes_after_the_last_event_seen(peer):
    ear = Ear()
    async with agent(peer, ear) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.advance("opened")
        assert (await ear.next()).status is Status.OPENED
        peer.cut()
        resumed = await peer.saw("events", 2)
        assert resumed.headers["last-event-id"] == "2"
        await peer.complete()
        assert (await asked).approved


async def test_the_wait_survives_a_restart_of_the_server(peer):
    ear = Ear()
    async with agent(peer, ear) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.stop()
        assert (await ear.next()).trouble
        await peer.complete("reject", {"feedback": "not on a Friday"})
        await peer.start()
        decision = await asked
    assert decision.denied
    assert decision.data == {"feedback": "not on a Friday"}


async def test_an_answer_given_while_the_agent_was_cut_off_is_not_missed(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        peer.fail("events", Fault(), Fault())
        peer.fail("status", Fault(), Fault())
        await peer.advance("opened")
        peer.cut()
        await peer.complete()
        assert (await asked).approved


async def test_a_stream_past_the_end_is_204_and_the_poll_has_the_answer(peer):
    async with agent(peer) as hitl:
        case = await hitl.create("Deploy?", {"type": "approval", "context": {}})
        await peer.complete()
        peer.fail("events", Fault(status=204))
        assert (await hitl.wait(case)).approved


@pytest.mark.parametrize("status", [404, 405, 406, 501])
async def test_a_service_whose_stream_does_not_work_is_polled(peer, status):
    peer.fail("events", Fault(status=status, body={}))
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("status")
        await peer.complete()
        assert (await asked).approved
    assert peer.count("events") == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_service_is_asked_again(peer, status):
    peer.fail("events", Fault(status=status, body={"error": "x"}, headers={"Retry-After": "0"}))
    peer.fail("status", Fault(status=status, body={"error": "x"}))
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events", 2)
        await peer.complete()
        assert (await asked).approved


async def test_polling_sends_the_etag_and_takes_304(plain_peer):
    async with agent(plain_peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        assert "if-none-match" not in (await plain_peer.saw("status")).headers
        assert (await plain_peer.saw("status", 2)).headers["if-none-match"] == '"v1-pending"'
        await plain_peer.complete()
        assert (await asked).approved
    assert plain_peer.count("events") == 0


async def test_polling_waits_as_long_as_retry_after_says(plain_peer):
    loop = asyncio.get_running_loop()
    async with agent(plain_peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await plain_peer.saw("status")
        first = loop.time()
        await plain_peer.saw("status", 2)
        assert 1.0 <= loop.time() - first < 2.5
        asked.cancel()


async def test_a_dead_stream_server_is_not_hammered(peer):
    peer.ends_streams_after_each_event = True
    async with agent(peer) as hitl:
        with pytest.raises(StillOpen):
            await hitl.approve("Deploy?", give_up_after=timedelta(seconds=1.5))
    assert peer.count("events") <= 4
    assert peer.count("status") <= 4


async def test_giving_up_names_the_case_and_leaves_it_open(peer):
    async with agent(peer) as hitl:
        with pytest.raises(StillOpen) as caught:
            await hitl.approve("Deploy?", give_up_after=timedelta(milliseconds=50))
    assert caught.value.details["case_id"] == CASE_ID
    assert caught.value.details["review_url"] == f"{peer.url}/review/{CASE_ID}?token=t"
    assert peer.count("cancel") == 0
    assert peer.status == "pending"


async def test_cancelling_the_call_leaves_the_case_open(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert peer.count("cancel") == 0


async def test_expiry_carries_the_default_action_and_is_no_answer(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.advance("expired", expired_at="2026-02-21T10:00:00Z", default_action="skip")
        decision = await asked
    assert decision.outcome is Outcome.EXPIRED
    assert decision.default_action == "skip"
    assert decision.action is None
    assert not decision.approved


async def test_cancellation_carries_its_reason(peer):
    async with agent(peer) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.advance("cancelled", cancelled_at="2026-02-20T10:05:00Z", reason="Wrong repository")
        decision = await asked
    assert decision.outcome is Outcome.CANCELLED
    assert decision.reason == "Wrong repository"


async def test_a_refused_key_ends_the_wait(peer):
    peer.fail("events", Fault(status=401, body={"error": "invalid_token"}))
    peer.fail("status", Fault(status=401, body={"error": "invalid_token", "message": "Revoked."}))
    async with agent(peer) as hitl:
        with pytest.raises(InvalidToken, match="Revoked"):
            await hitl.approve("Deploy?")


async def test_waiting_again_by_id_finds_the_answer(peer):
    async with agent(peer) as hitl:
        case = await hitl.create("Deploy?", {"type": "approval", "context": {}})
        await peer.complete("edit", {"edits": {"content": "changed"}})
        decision = await hitl.wait(case.case_id)
    assert decision.approved_with_edits
    assert not decision.approved


async def test_the_key_stays_away_from_a_foreign_poll_url(peer):
    async with Peer(streams=False) as other:
        other.created = {"type": "approval", "prompt": "x"}
        peer.streams = False
        peer.foreign_poll_url = f"{other.url}/elsewhere/status"
        await other.complete()
        async with agent(peer) as hitl:
            assert (await hitl.approve("Deploy?")).approved
        assert [seen.headers.get("authorization") for seen in other.seen] == [None]


async def test_a_public_name_of_the_called_server_is_asked_where_we_called_it(peer):
    peer.streams = False
    peer.foreign_poll_url = f"https://hitl.example.com/api/reviews/{CASE_ID}/status?token=t"
    async with agent(peer) as hitl:
        case = await hitl.create("Deploy?", {"type": "approval", "context": {}})
        await peer.complete()
        assert (await hitl.wait(case)).approved
    assert peer.seen[-1].query == {"token": ["t"]}
    assert peer.seen[-1].headers["authorization"] == "Bearer hitla_key"


async def test_updates_tell_status_reminders_and_progress(peer):
    ear = Ear()
    async with agent(peer, ear) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?"))
        await peer.saw("events")
        await peer.advance("opened")
        assert await ear.next() == Update(status=Status.OPENED)
        await peer.advance("reminder", reminder_at="2026-02-20T22:00:00Z")
        assert await ear.next() == Update(status=Status.OPENED, reminder=True)
        progress = {"current_step": 1, "total_steps": 2, "completed_fields": 0, "total_fields": 3}
        await peer.advance("in_progress", progress=progress)
        assert await ear.next() == Update(status=Status.IN_PROGRESS, progress=Progress(**progress))
        await peer.complete()
        assert await ear.next() == Update(status=Status.COMPLETED)
        await asked


async def test_a_create_whose_answer_is_lost_is_sent_again_with_the_same_key(peer):
    peer.fail("create", Fault(), Fault(status=503, body={"error": "overloaded"}))
    async with agent(peer) as hitl:
        await hitl.create("Deploy?", {"type": "approval", "context": {}})
    keys = [seen.headers["idempotency-key"] for seen in peer.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1
