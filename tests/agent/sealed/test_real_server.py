"""`HITL(e2ee=True)` against a real server, with devices that answer."""

from __future__ import annotations

import asyncio

import pytest

from openhitl.agent import HITL
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from openhitl.protocol.people import SessionKind
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household
from tests.servers import running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("e2ee")) as server:
        yield server


@pytest.fixture(scope="module")
def ana(server):
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    household.add("laptop")
    return household


@pytest.fixture(autouse=True)
def _without_a_keyring(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def config(server, tmp_path):
    return ClientConfig(server_url=server.url, api_key=server.agent_key, logins=Logins(tmp_path / "config"))


def encrypting(config, **options):
    return HITL(config=config, e2ee=True, announce=lambda case: None, **options)


async def test_words_are_asked_for_and_answered_on_any_device(config, ana):
    async with encrypting(config) as hitl:
        for device in ana.devices:
            asking = asyncio.create_task(hitl.request_input("Which branch?", agent_name="Deployer"))
            question = await asyncio.to_thread(ana.answer, device, "submit", {"answer": "the blue one"})
            assert await asking == "the blue one"
            assert question.body["prompt"] == "Which branch?"
            assert question.body["agent"] == "Deployer"
