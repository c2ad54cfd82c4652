"""A question over MCP outlives its call: nothing that breaks loses or doubles it."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import pytest
from mcp.shared.exceptions import MCPError

from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.asking.clients import Human, Waiting, connected, said, text_of
from tests.server.processes import ServerProcess, serving

pytestmark = pytest.mark.anyio
DEPLOY = {"prompt": "Deploy?", "choices": ["Yes", "No"]}
APPROVAL = {"prompt": "Deploy?", "artifact": {"title": "Plan", "content": "x"}}
GONE_SECONDS = 10.0


def port_of(process: ServerProcess) -> str:
    """Say the port to serve at again."""
    return str(urlsplit(process.url).port)


async def test_a_dropped_call_is_asked_again_and_finds_its_answer(server, mode):
    """Dropped twice: while nobody had answered, and once more before the answer came."""
    async with connected(server.url, server.key, mode) as client:
        for _ in range(2):
            waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
            await waiting.dropped()
    case = server.human.answer("select", selected=["No"])
    async with connected(server.url, server.key, mode) as client:
        assert said(await client.call_tool("request_human_input", DEPLOY)) == "No"
    assert [one["case_id"] for one in server.human.cases()] == [case["case_id"]]


async def test_a_client_that_loses_patience_asks_again(server, mode):
    async with connected(server.url, server.key, mode) as client:
        with pytest.raises(MCPError, match=r"[Tt]imed out"):
            await client.call_tool("request_human_input", DEPLOY, read_timeout_seconds=1.0)
        waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
        server.human.answer("select", selected=["Yes"])
        assert said(await waiting.result) == "Yes"
    assert len(server.human.cases()) == 1


async def test_an_answer_that_comes_to_nobody_is_kept(server, mode):
    """Clients of the older revisions leave the connection open when they give a call up."""
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
        await waiting.dropped()
        nothing = {"case_id": "review_none"}
        assert (await client.call_tool("wait_for_answer", nothing)).is_error
        while mode == "auto" and server.human.is_waited_for:  # the connection has yet to be closed
            assert (await client.call_tool("wait_for_answer", nothing)).is_error
        server.human.answer("select", selected=["Yes"])
        assert said(await client.call_tool("request_human_input", DEPLOY)) == "Yes"
    assert len(server.human.cases()) == 1


async def test_asked_again_after_the_answer_it_is_a_new_question(server, mode):
    """Tomorrow's "Deploy?" never replays yesterday's yes."""
    async with connected(server.url, server.key, mode) as client:
        for answer in ("Yes", "No", "Yes"):
            waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
            server.human.answer("select", selected=[answer])
            assert said(await waiting.result) == answer
    assert len(server.human.cases()) == 3


async def test_all_who_wait_get_the_one_answer(server):
    async with (
        connected(server.url, server.key, "auto") as one,
        connected(server.url, server.key, "legacy") as other,
    ):
        calls = [await Waiting(client, "request_human_input", DEPLOY).asked() for client in (one, other, one)]
        server.human.answer("select", selected=["Yes"])
        assert [said(await call.result) for call in calls] == ["Yes"] * 3
    assert len(server.human.cases()) == 1


async def test_what_is_asked_otherwise_is_another_question(server):
    async with connected(server.url, server.key) as client:
        for tool, arguments in [
            ("request_approval", APPROVAL),
            ("request_approval", {**APPROVAL, "message": "Please."}),
            ("request_confirmation", {"prompt": "Deploy?"}),
            ("request_approval", APPROVAL | {"artifact": {"content": "x", "title": "Plan"}}),
            ("request_approval", {**APPROVAL, "message": None}),
        ]:
            assert (await client.call_tool(tool, arguments)).structured_content["status"] == "pending"
    async with connected(server.url, server.another_agent()) as client:
        await client.call_tool("request_approval", APPROVAL)
    assert len(server.human.cases()) == 3


async def test_a_key_of_ones_own_names_the_question(server):
    async with connected(server.url, server.key) as client:
        first, second = [
            (await client.call_tool("request_approval", {**APPROVAL, "request_key": key})).structured_content
            for key in ("run 1", "run 2")
        ]
        assert first["case_id"] != second["case_id"]
        other = await client.call_tool("request_approval", {"prompt": "Delete?", "request_key": "run 1"})
        assert other.is_error
        assert "another question" in text_of(other)


@pytest.mark.parametrize("end", ["expired", "cancelled"])
async def test_an_end_without_an_answer_is_told_once(server, end):
    asking = {**APPROVAL, "timeout": "10s"}
    async with connected(server.url, server.key) as client:
        waiting = await Waiting(client, "request_approval", asking).asked()
        if end == "cancelled":
            server.human.decline("No.")
        assert (await waiting.result).structured_content["status"] == end
        again = await client.call_tool("request_approval", asking)
        assert again.structured_content["status"] == "pending"


async def test_what_was_pending_is_handed_over_by_whoever_waits_for_it(server):
    async with connected(server.url, server.key) as client:
        told = (await client.call_tool("request_approval", APPROVAL)).structured_content
        server.human.answer("approve")
        waited = await client.call_tool("wait_for_answer", {"case_id": told["case_id"]})
        assert waited.structured_content["approved"]
        again = await client.call_tool("request_approval", APPROVAL)
        assert again.structured_content["status"] == "pending"


async def test_a_killed_server_loses_and_doubles_nothing(tmp_path, mode):
    with serving(tmp_path) as process:
        port = port_of(process)
        key = new_key(Settings(data_dir=tmp_path), "alice's agent", ActorKind.AGENT)
        human = Human(process.url, key)
        async with connected(process.url, key, mode) as client:
            waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
            case = human.open
            process.kill()
            await waiting.dropped()
    with serving(tmp_path, HITL_PORT=port) as process:
        human.answer("select", case, selected=["Yes"])
        process.kill()
    with serving(tmp_path, HITL_PORT=port):
        async with connected(human.url, key, mode) as client:
            assert said(await client.call_tool("request_human_input", DEPLOY)) == "Yes"
        assert [one["case_id"] for one in human.cases()] == [case["case_id"]]


async def test_a_server_that_stops_lets_its_calls_go_and_keeps_their_questions(tmp_path, mode):
    """Contract: gone within ten seconds, with calls that wait."""
    with serving(tmp_path) as process:
        port = port_of(process)
        key = new_key(Settings(data_dir=tmp_path), "alice's agent", ActorKind.AGENT)
        human = Human(process.url, key)
        async with connected(process.url, key, mode) as client:
            await client.list_tools()  # it would do so to check the result, when the server is gone
            words = await Waiting(client, "request_human_input", DEPLOY).asked()
            typed = await Waiting(client, "request_approval", APPROVAL).asked()
            stopped = process.terminate()
            result = await words.result
            assert result.is_error
            assert "the question is kept" in text_of(result)
            assert (await typed.result).structured_content["status"] == "pending"
            await asyncio.to_thread(process.ends)
            assert time.monotonic() - stopped < GONE_SECONDS
        assert "Traceback" not in process.said
    with serving(tmp_path, HITL_PORT=port):
        assert len(human.cases(status="pending")) == 2
