"""The relay door: what hitl-cli 1.2.1 talks to beside OAuth and MCP."""

import base64

import pytest

from openhitl.store.public_keys import MAX_KEYS_OF_AGENT
from tests.servers import running

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("relay")) as server:
        yield server


@pytest.fixture(scope="module")
def agent_id(server):
    """The agent under test's id."""
    agents = server.agent.get("/api/v1/agents").json()
    return next(agent["id"] for agent in agents if agent["name"] == "agent-under-test")


def register(server, agent_id, **changes):
    body = {"entity_type": "agent", "entity_id": agent_id, "public_key": KEY} | changes
    return server.agent.post("/api/v1/keys/register", json=body)


def test_an_agent_registers_its_key_as_often_as_it_likes(server, agent_id):
    for _ in range(2):
        answer = register(server, agent_id)
        assert answer.status_code == 200
        assert answer.json() == {"entity_type": "agent", "entity_id": agent_id, "public_key": KEY}


def test_an_agent_has_so_many_keys_and_no_more(server, agent_id):
    for number in range(MAX_KEYS_OF_AGENT + 2):
        key = base64.b64encode(bytes([number + 9]) * 32).decode()
        assert register(server, agent_id, public_key=key).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"entity_type": "user"},
        {"entity_type": "device"},
        {"entity_id": "999999"},
        {"entity_id": None},
        {"public_key": "short"},
        {"public_key": "!" * 44},
        {"public_key": None},
    ],
)
def test_what_is_no_key_of_the_agents_own_is_refused_with_a_detail(server, agent_id, changes):
    answer = register(server, agent_id, **changes)
    assert answer.status_code == 422
    assert answer.json()["detail"] == answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "nothing"), [("/api/v1/keys/user", []), ("/api/v1/devices/public-keys", {"public_keys": []})]
)
def test_people_without_devices_have_no_keys(server, path, nothing):
    assert server.agent.get(path).json() == nothing
    refused = server.anyone.get(path)
    assert refused.status_code == 401
    assert refused.json()["detail"]
