"""A scripted service for agents to talk to."""

import pytest

from tests.agent.peer import Peer


@pytest.fixture
async def peer():
    async with Peer() as peer:
        yield peer
