"""`hitl mcp`: the same tools over standard input and output, as the agent of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.asking.clients import Human, Waiting, said, text_of
from tests.server.processes import serving

pytestmark = pytest.mark.anyio
DEPLOY = {"prompt": "Deploy?", "choices": ["Yes", "No"]}
HITL = str(Path(sys.executable).with_name("hitl"))


def environment(folder: Path, **given: str) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(folder), "HITL_DATA_DIR": str(folder), **given}


@asynccontextmanager
async def started(folder: Path, mode: str, log: Path, **given: str) -> AsyncIterator[Client]:
    """Start `hitl mcp` and connect to it."""
    parameters = StdioServerParameters(command=HITL, args=["mcp"], env=environment(folder, **given))
    with log.open("w") as said_on_stderr:
        async with Client(stdio_client(parameters, errlog=said_on_stderr), mode=mode) as client:
            yield client


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "stderr.log"


async def test_the_tools_ask_through_the_server_of_the_environment(server, mode, tmp_path, log):
    settings = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.key}
    async with started(tmp_path, mode, log, **settings) as client:
        assert len((await client.list_tools()).tools) == 8
        waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
        server.human.answer("select", selected=["No"])
        assert said(await waiting.result) == "No"
        assert said(await client.call_tool("notify_human", {"message": "Done."})) == "Notification sent."
        assert server.human.notices()[0]["message"] == "Done."
        waiting = await Waiting(client, "request_approval", {"prompt": "Send?"}).asked()
        case = server.human.answer("reject", feedback="No.")
        assert (await waiting.result).structured_content["reason"] == "No."
        again = await client.call_tool("wait_for_answer", {"case_id": case["case_id"]})
        assert again.structured_content["action"] == "reject"
        refused = await client.call_tool("wait_for_answer", {"case_id": "review_none"})
        assert refused.is_error
    said_there = log.read_text()
    assert "Answer at" in said_there
    assert "Traceback" not in said_there


async def test_asked_again_after_the_answer_it_is_a_new_question(server, mode, tmp_path, log):
    settings = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.key}
    async with started(tmp_path, mode, log, **settings) as client:
        for answer in ("Yes", "No"):
            waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
            server.human.answer("select", selected=[answer])
            assert said(await waiting.result) == answer
    assert len(server.human.cases()) == 2


async def test_a_client_that_goes_and_comes_back_finds_its_answer(server, mode, tmp_path, log):
    settings = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.key}
    async with started(tmp_path, mode, log, **settings) as client:
        waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
        await waiting.dropped()
    case = server.human.answer("select", selected=["Yes"])
    async with started(tmp_path, mode, log, **settings) as client:
        assert said(await client.call_tool("request_human_input", DEPLOY)) == "Yes"
    assert [one["case_id"] for one in server.human.cases()] == [case["case_id"]]


async def test_a_call_waits_on_while_the_server_is_killed_and_comes_back(tmp_path, mode, log):
    with serving(tmp_path / "server") as process:
        port = process.url.rpartition(":")[2]
        key = new_key(Settings(data_dir=tmp_path / "server"), "alice's agent", ActorKind.AGENT)
        human = Human(process.url, key)
        settings = {"HITL_SERVER_URL": process.url, "HITL_API_KEY": key}
        async with started(tmp_path, mode, log, **settings) as client:
            waiting = await Waiting(client, "request_human_input", DEPLOY).asked()
            process.kill()
            with serving(tmp_path / "server", HITL_PORT=port):
                human.answer("select", selected=["Yes"])
                assert said(await waiting.result) == "Yes"
                assert len(human.cases()) == 1


async def test_without_a_server_it_serves_the_pages_itself(tmp_path, mode, log):
    async with started(tmp_path, mode, log, HITL_PORT="0") as client:
        asking = Waiting(client, "request_approval", {"prompt": "Send?"})
        await asking.asked()
        address = next(line for line in log.read_text().splitlines() if "Answer at" in line).split()[-1]
        human = Human(address.partition("/review/")[0], (tmp_path / "local.key").read_text().strip())
        human.answer("approve")
        assert (await asking.result).structured_content["approved"]


def test_only_the_protocol_is_on_stdout(server, tmp_path):
    requests = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",'
        b'"capabilities":{},"clientInfo":{"name":"test","version":"1"}}}\n'
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
        b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
    )
    given = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": "hitla_" + "x" * 43}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [HITL, "mcp"], stdin=pipe, stdout=pipe, stderr=pipe, env=environment(tmp_path, **given)
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(requests)
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(2)]
        rest, errors = process.communicate(timeout=60)
    assert [line[:15] for line in lines] == [b'{"jsonrpc":"2.0'] * 2
    assert (process.returncode, rest, errors) == (0, b"", b"")


async def test_a_wrong_key_is_an_error_of_the_tool(server, mode, tmp_path, log):
    settings = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": "hitla_" + "x" * 43}
    async with started(tmp_path, mode, log, **settings) as client:
        refused: Any = await client.call_tool("request_human_input", DEPLOY)
        assert refused.is_error
        assert "not valid here" in text_of(refused)
