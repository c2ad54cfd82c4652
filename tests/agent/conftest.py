"""Services for agents to talk to: a scripted one, and the real one."""

import pytest

from tests.agent.peer import Peer
from tests.servers import running


@pytest.fixture
async def peer():
    async with Peer() as peer:
        yield peer


@pytest.fixture
def server(tmp_path):
    with running(tmp_path) as server:
        yield server
