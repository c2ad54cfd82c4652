"""Zero-code mode: callers that know nothing of humans get the answer as if it had come at once."""

import asyncio
import gzip
import json
import pickle
import traceback
from datetime import timedelta

import pytest
import requests

from openhitl.agent import SAFE_DEFAULTS
from openhitl.agent.transports.requests import HITLAdapter
from openhitl.errors import (
    AnswerCancelled,
    AnswerExpired,
    InvalidHitlObject,
    InvalidToken,
    PeerError,
    StillOpen,
)
from tests.agent.callers import CALLERS

from .peer import CASE_ID, PATIENCE_SECONDS, Fault, Peer

pytestmark = pytest.mark.anyio

BODY = {"type": "approval", "prompt": "Deploy?"}
KEYS = {"Authorization": "Bearer key", "X-Api-Key": "other", "Cookie": "session=1", "Idempotency-Key": "i"}


@pytest.fixture(params=CALLERS)
def caller(request):
    return CALLERS[request.param]


class Program:
    """Calls the peer, and remembers what its human was told."""

    def __init__(self, caller, peer) -> None:
        self._caller = caller
        self._peer = peer
        self.told = []

    def call(self, headers=(), **options):
        options.setdefault("tell", self.told.append)
        return asyncio.create_task(
            self._caller.call(f"{self._peer.url}/deploy", BODY, dict(headers), **options)
        )


@pytest.fixture
def program(caller, peer):
    return Program(caller, peer)


async def test_the_answer_comes_as_if_the_service_had_given_it_at_once(peer, program):
    asked = program.call()
    await peer.saw("events")
    assert [(case.prompt, case.review_url) for case in program.told] == [
        ("Deploy?", f"{peer.url}/review/{CASE_ID}?token=t")
    ]
    await peer.complete("approve", {"note": "ü"})
    got = await asked
    assert got.status == 200
    assert got.json["status"] == "completed"
    assert got.json["result"] == {"action": "approve", "data": {"note": "ü"}}
    assert got.headers["content-type"] == "application/json"
    assert got.headers["content-length"] == str(len(got.body))
    assert got.seconds > 0
    assert peer.count("create") == 1
    assert peer.count("status") == 1


async def test_what_let_the_call_in_goes_along_with_the_polls_and_nothing_else_of_it_does(peer, program):
    """HITL v0.8 §8 "Authentication"."""
    asked = program.call(KEYS)
    await peer.saw("events")
    await peer.complete()
    await asked
    for seen in peer.seen[1:]:
        assert seen.headers["authorization"] == "Bearer key"
        assert seen.headers["x-api-key"] == "other"
        assert seen.headers["cookie"] == "session=1"
        assert "idempotency-key" not in seen.headers
        assert "content-type" not in seen.headers


async def test_a_foreign_poll_or_event_address_sees_no_credential(peer, program):
    async with Peer() as other:
        other.created = BODY
        peer.hitl_more = {
            "poll_url": f"{other.url}/cases/{CASE_ID}/status",
            "events_url": f"{other.url}/cases/{CASE_ID}/events",
        }
        asked = program.call(KEYS)
        await other.saw("events")
        await other.complete()
        assert (await asked).status == 200
        assert other.count("status") == 1
        for seen in other.seen:
            assert not {"authorization", "x-api-key", "cookie"} & set(seen.headers)


@pytest.mark.parametrize("name", ["poll_url", "review_url"])
async def test_an_address_that_two_readers_take_for_two_places_is_refused(peer, program, name):
    """Of http://one\\@two/, some call `one` and some `two`."""
    async with Peer() as other:
        peer.hitl_more = {name: f"{other.url}\\@{peer.url.removeprefix('http://')}/x/status"}
        with pytest.raises(InvalidHitlObject, match=name):
            await program.call(KEYS)
        assert other.seen == []


async def test_a_poll_that_redirects_is_not_followed(peer, program):
    async with Peer() as other:
        peer.streams = False
        peer.fail("status", Fault(status=307, headers={"Location": f"{other.url}/x/status"}))
        with pytest.raises(Exception, match="307"):
            await program.call(KEYS)
        assert other.seen == []


@pytest.mark.parametrize(
    ("status", "data", "expected"),
    [
        ("expired", {"expired_at": "2026-02-21T10:00:00Z", "default_action": "skip"}, AnswerExpired),
        ("cancelled", {"cancelled_at": "2026-02-21T10:00:00Z", "reason": "Not now"}, AnswerCancelled),
    ],
)
async def test_an_answer_that_never_came_is_an_error_with_the_poll_body(
    peer, program, status, data, expected
):
    asked = program.call()
    await peer.saw("events")
    await peer.advance(status, **data)
    with pytest.raises(expected) as caught:
        await asked
    assert caught.value.details["poll"].items() >= {"status": status, "case_id": CASE_ID, **data}.items()


async def test_a_default_action_is_taken_for_an_answer_by_who_asked_for_that(peer, program):
    """HITL v0.8 §6 `default_action`."""
    asked = program.call(default_actions=SAFE_DEFAULTS)
    await peer.saw("events")
    await peer.advance("expired", expired_at="2026-02-21T10:00:00Z", default_action="skip")
    got = await asked
    assert (got.status, got.json["status"]) == (200, "expired")
    assert got.json["result"] == {"action": "skip", "data": {}}


async def test_silence_is_no_consent_even_to_who_takes_default_actions(peer, program):
    asked = program.call(default_actions=SAFE_DEFAULTS)
    await peer.saw("events")
    await peer.advance("expired", expired_at="2026-02-21T10:00:00Z", default_action="approve")
    with pytest.raises(AnswerExpired):
        await asked


LARGE = json.dumps({"rows": ["x" * 1000] * 3000}).encode()


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (202, b'{"job": 7}', {"content-type": "application/json"}),
        (202, b"{broken", {"content-type": "application/json"}),
        (202, LARGE, {"content-type": "application/json"}),
        (202, b"[" * 100_000, {"content-type": "application/json"}),
        (202, b'{"hitl": null}', {"content-type": "application/problem+json"}),
        (202, b'{"hitl": "in another form"}', {"content-type": "text/plain"}),
        (200, json.dumps({"hitl": {}}).encode(), {"content-type": "application/json"}),
        (204, None, {}),
        (503, b'{"error": "overloaded"}', {"content-type": "application/json"}),
    ],
    ids=["json", "broken", "large", "deep", "null", "text", "200", "204", "503"],
)
async def test_what_asks_for_no_human_passes_untouched(peer, program, status, body, headers):
    """HITL v0.8 §6 "When to Return HTTP 202"."""
    peer.fail("create", Fault(status=status, body=body, headers=headers))
    got = await program.call()
    assert (got.status, got.body) == (status, body or b"")
    assert program.told == []


async def test_a_packed_202_is_unpacked_to_look_and_passes_as_it_came(peer, program):
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    peer.fail("create", Fault(status=202, body=gzip.compress(b'{"job": 7}'), headers=packed))
    assert (await program.call()).json == {"job": 7}
    bomb = gzip.compress(b'{"job": "' + b"x" * 8_000_000 + b'"}')
    peer.fail("create", Fault(status=202, body=bomb, headers=packed))
    assert len((await program.call()).json["job"]) == 8_000_000
    peer.created = BODY
    wants = gzip.compress(json.dumps({"hitl": peer.hitl()}).encode())
    peer.fail("create", Fault(status=202, body=wants, headers=packed))
    asked = program.call()
    await peer.saw("events")
    await peer.complete()
    assert (await asked).json["result"]["action"] == "approve"


async def test_a_hitl_object_that_cannot_be_followed_is_an_error_not_a_pass(peer, program):
    """HITL v0.8 §6 "Agent Behavior": a HITL signal MUST NOT be ignored."""
    peer.hitl_more = {"review_url": "http://service.example.com/review/1"}
    with pytest.raises(InvalidHitlObject):
        await program.call()


async def test_what_telling_raises_reaches_the_caller_as_it_is(peer, program):
    def fail(case) -> None:
        raise TimeoutError("the chat does not answer")

    with pytest.raises(TimeoutError, match="chat"):
        await program.call(tell=fail, give_up_after=timedelta(hours=1))


async def test_the_cookies_of_the_202_are_set(peer, program):
    peer.accepted_headers = {"Set-Cookie": "seen=yes; Path=/"}
    asked = program.call()
    await peer.saw("events")
    await peer.complete()
    assert (await asked).cookies == {"seen": "yes"}


async def test_a_busy_or_broken_service_is_polled_again(peer, program):
    peer.streams = False
    peer.fail("status", Fault(status=429, headers={"Retry-After": "0"}), Fault(status=501))
    asked = program.call()
    await peer.saw("status", 2)
    await peer.complete()
    assert (await asked).status == 200


async def test_a_stream_that_is_cut_is_resumed(peer, program):
    """HITL v0.8 §8.5 "Reconnection"."""
    asked = program.call()
    await peer.saw("events")
    await peer.advance("opened")
    peer.cut()
    await peer.saw("events", 2)
    await peer.complete()
    assert (await asked).json["status"] == "completed"


async def test_who_wants_only_polls_gets_no_stream(peer, program):
    asked = program.call(use_events=False)
    await peer.saw("status")
    await peer.complete()
    await asked
    assert peer.count("events") == 0


async def test_giving_up_leaves_the_case_open_and_says_where(peer, program):
    peer.streams = False
    with pytest.raises(StillOpen) as caught:
        await program.call(give_up_after=timedelta(milliseconds=100))
    assert caught.value.details["case_id"] == CASE_ID
    assert peer.count("cancel") == 0


async def test_a_poll_that_is_refused_for_good_says_why(peer, program):
    peer.streams = False
    peer.fail("status", Fault(status=401, body={"error": "invalid_token", "message": "Revoked."}))
    with pytest.raises(InvalidToken, match="Revoked"):
        await program.call()


async def test_no_trouble_on_the_way_says_the_address(peer, program):
    """It may hold a token."""
    updates = []
    peer.hitl_more = {"poll_url": "http://127.0.0.1:1/status?token=secret"}
    with pytest.raises(StillOpen) as caught:
        await program.call(
            use_events=False, on_update=updates.append, give_up_after=timedelta(milliseconds=100)
        )
    troubles = [caught.value, *(update.trouble for update in updates)]
    assert len(troubles) > 1
    for trouble in troubles:
        assert "secret" not in "".join(traceback.format_exception(trouble))


async def test_a_poll_that_drips_does_not_hold_who_gives_up(peer, program):
    """Not even where every drop comes in time."""
    peer.streams = False
    peer.fail("status", Fault(drips=True, status=200))
    with pytest.raises(StillOpen):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await program.call(give_up_after=timedelta(seconds=1))


async def test_a_bomb_is_not_unpacked_in_a_way_that_nobody_asked_for(peer, program):
    peer.streams = False
    peer.fail("status", Fault(status=200, body=b"\0" * 9, headers={"Content-Encoding": "br"}))
    with pytest.raises(PeerError, match="packed"):
        await program.call()
    assert (await peer.saw("status")).headers.get("accept-encoding") == "identity"


async def test_a_human_can_be_told_by_async_code_too(peer, program):
    told = []

    async def tell(case) -> None:
        told.append(case.case_id)

    asked = program.call(tell=tell)
    await peer.saw("events")
    await peer.complete()
    await asked
    assert told == [CASE_ID]


def test_a_session_of_requests_can_be_pickled_as_ever():
    session = requests.Session()
    session.mount("https://", HITLAdapter({"max_retries": 3}, use_events=False))
    copy = pickle.loads(pickle.dumps(session)).get_adapter("https://x.example")
    assert copy.max_retries.total == 3
    assert copy._options == {"use_events": False}
