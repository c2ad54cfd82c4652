"""HTTP over real sockets: attempts, limits, redirects."""

import pytest

from openhitl.client import requests
from openhitl.client.config import ClientConfig
from openhitl.client.credentials import Credential
from openhitl.client.session import ATTEMPTS, Session
from openhitl.errors import Overloaded, PeerError, RateLimited, ServerUnreachable
from tests.agent.peer import CASE_ID, Fault, Peer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def peer():
    async with Peer() as peer:
        peer.created = {"type": "approval", "prompt": "Deploy?"}
        yield peer


@pytest.fixture
async def session(peer):
    async with Session(ClientConfig(server_url=peer.url, api_key="hitla_key").credential) as session:
        yield session


async def test_a_busy_server_is_asked_four_times_and_then_reported(peer, session):
    peer.fail("show", *[Fault(status=503, body={"error": "overloaded"})] * ATTEMPTS)
    with pytest.raises(Overloaded):
        await session.exchange(requests.show(peer.url, CASE_ID))
    assert peer.count("show") == ATTEMPTS


async def test_a_long_pause_is_reported_not_waited_for(peer, session):
    peer.fail("show", Fault(status=429, body={"error": "rate_limited"}, headers={"Retry-After": "60"}))
    with pytest.raises(RateLimited):
        await session.exchange(requests.show(peer.url, CASE_ID))
    assert peer.count("show") == 1


async def test_what_must_not_be_sent_twice_is_not(peer, session):
    peer.fail("cancel", Fault())
    with pytest.raises(ServerUnreachable):
        await session.exchange(requests.cancel(peer.url, CASE_ID, "Wrong one"))
    assert peer.count("cancel") == 1


async def test_a_redirect_is_not_followed(peer, session):
    async with Peer() as other:
        peer.fail("show", Fault(status=307, headers={"Location": f"{other.url}/api/v1/reviews/x"}))
        with pytest.raises(PeerError):
            await session.exchange(requests.show(peer.url, CASE_ID))
        assert other.seen == []


async def test_nobody_there_is_one_clear_error(peer, session):
    await peer.stop()
    with pytest.raises(ServerUnreachable, match=peer.url):
        await session.send(requests.show(peer.url, CASE_ID))


async def test_a_proxy_of_the_environment_does_not_see_this_machine(peer, monkeypatch):
    async with Peer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with Session(Credential(peer.url)) as session:
            await session.exchange(requests.show(peer.url, CASE_ID))
        assert proxy.seen == []
