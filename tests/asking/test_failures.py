"""What fails inside is told to clients without what only the operator should know."""

from __future__ import annotations

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from structlog.testing import capture_logs

from openhitl.asking.pace import Pace
from openhitl.asking.tool_server import tool_server
from openhitl.errors import StoreError
from tests.asking.clients import text_of

pytestmark = pytest.mark.anyio


class Broken:
    """A line to whatever cannot ask."""

    def __init__(self, error: Exception) -> None:
        self.questioner = self
        self._error = error

    async def notify(self, message, agent_name):
        raise self._error


async def test_what_nobody_foresaw_has_no_words_of_its_own(mode):
    server = tool_server(lambda context: Broken(RuntimeError("at /srv/secret.db")), Pace(), "1")
    async with Client(server, mode=mode) as client:
        with capture_logs() as logged, pytest.raises(MCPError, match="Something went wrong") as caught:
            await client.call_tool("notify_human", {"message": "Hello."})
    assert "secret" not in str(caught.value.error)
    assert [line["event"] for line in logged] == ["tool_failed"]


async def test_a_storage_that_fails_says_neither_where_nor_why(mode):
    server = tool_server(lambda context: Broken(StoreError("no such file: /srv/secret.db")), Pace(), "1")
    async with Client(server, mode=mode) as client:
        result = await client.call_tool("notify_human", {"message": "Hello."})
    assert result.is_error
    assert text_of(result) == "The storage does not answer; ask the same again."
