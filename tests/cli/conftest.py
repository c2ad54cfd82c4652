"""Programs to run and a scripted service for them to talk to."""

import pytest

from tests.agent.peer import Peer
from tests.cli.programs import Programs


@pytest.fixture
async def peer():
    async with Peer() as peer:
        yield peer


@pytest.fixture
def asking(peer, tmp_path) -> Programs:
    """The programs of an agent whose server is the scripted one."""
    return Programs(tmp_path, {"HITL_SERVER_URL": peer.url, "HITL_API_KEY": "hitla_key"})


@pytest.fixture
def alone(tmp_path) -> Programs:
    """The programs on a machine where nothing is set up."""
    return Programs(tmp_path, {"HITL_PORT": "0"})
