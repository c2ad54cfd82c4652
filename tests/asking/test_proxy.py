"""`hitl proxy`: the client sees plain tools, the server plain nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError

from openhitl.client.pins import KnownPerson, Pins
from openhitl.protocol.people import SessionKind
from openhitl.server.serving import bind
from openhitl.settings import Settings
from tests.asking.clients import BOUND_SECONDS, PATH, Waiting, said, text_of
from tests.cli.programs import Programs
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household
from tests.sealed.older import older_server, serving
from tests.servers import RunningServer, running

pytestmark = pytest.mark.anyio
HITL = str(Path(sys.executable).with_name("hitl"))


@asynccontextmanager
async def proxied(url: str, key: str, folder: Path, mode: str = "auto") -> AsyncIterator[Client]:
    """Start `hitl proxy` and connect to it."""
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "HITL_API_KEY": key,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    parameters = StdioServerParameters(command=HITL, args=["proxy", url], env=environment)
    with (folder / "stderr.log").open("w") as log:
        async with Client(
            stdio_client(parameters, errlog=log), mode=mode, read_timeout_seconds=BOUND_SECONDS
        ) as client:
            yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("proxy")) as server:
        yield server


@pytest.fixture(scope="module")
def ana(server):
    return household_of(server)


def household_of(server: RunningServer) -> Household:
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    return household


async def test_what_is_asked_is_encrypted_and_the_answer_decrypted(server, ana, tmp_path, mode):
    async with proxied(server.url + PATH, server.agent_key, tmp_path, mode) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"request_human_input", "request_approval", "notify_human"} <= names
        assert not [name for name in names if name.endswith("_e2ee")]

        deploy = {"prompt": "Deploy the canary?", "choices": ["Yes", "No"]}
        waiting = await Waiting(client, "request_human_input", deploy).asked()
        question = await asyncio.to_thread(ana.answer, ana.devices[0], "select", {"selected": ["No"]})
        assert said(await waiting.result) == "No"
        assert question.body["prompt"] == "Deploy the canary?"

        waiting = await Waiting(client, "request_approval", {"prompt": "Send the canary?"}).asked()
        await asyncio.to_thread(ana.answer, ana.devices[0], "reject", {"feedback": "No canary."})
        assert (await waiting.result).structured_content["reason"] == "No canary."

        done = await client.call_tool("notify_human", {"message": "A canary sings."})
        assert said(done) == "Notification sent."
    kept = json.dumps([server.agent.get(f"/api/v1/{what}").json() for what in ("reviews", "notices")])
    assert "canary" not in kept
    assert "Encrypting to the devices" in (tmp_path / "stderr.log").read_text()


async def test_a_server_that_knows_only_older_envelopes_gets_those(tmp_path):
    with older_server(tmp_path / "data") as server:
        ana = household_of(server)
        async with proxied(server.url + PATH, server.agent_key, tmp_path) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            # What has no twin would go out in the clear.
            assert names == ["request_human_input", "notify_human", "notify_human_completion"]
            asking = asyncio.create_task(client.call_tool("request_human_input", {"prompt": "Which?"}))
            asked = await asyncio.to_thread(ana.answer_box, ana.devices[0], "the blue one", bare=True)
            assert (said(await asking), asked) == ("the blue one", {"prompt": "Which?"})
            asking = asyncio.create_task(
                client.call_tool("notify_human_completion", {"summary": "Done.", "agent_name": "Deployer"})
            )
            asked = await asyncio.to_thread(ana.answer_box, ana.devices[0], "Well done")
            assert (said(await asking), asked) == ("Well done", {"summary": "Done."})
            told = await client.call_tool("notify_human", {"message": "It runs."})
            assert said(told) == "Notification sent."
    assert "only the older encryption" in (tmp_path / "stderr.log").read_text()


async def test_other_tools_are_passed_through_and_plain_questions_are_not(tmp_path):
    remote = MCPServer("remote")

    @remote.tool()
    def add(one: int, other: int) -> int:
        """Add two numbers."""
        return one + other

    @remote.tool()
    def request_human_input(prompt: str) -> str:
        """Would read what is asked."""
        raise AssertionError(prompt)

    listener, _ = bind(Settings(data_dir=tmp_path, port=0))
    app = remote.streamable_http_app(streamable_http_path="/mcp", stateless_http=True)
    with serving(_Announcing(uvicorn.Config(app, log_level="error")), listener):
        url = f"http://localhost:{listener.getsockname()[1]}/mcp"
        async with proxied(url, "hitla_none", tmp_path) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["add"]
            assert text_of(await client.call_tool("add", {"one": 2, "other": 3})) == "5"
            with pytest.raises(MCPError, match="no such tool"):
                await client.call_tool("request_human_input", {"prompt": "Which?"})


class _Announcing(uvicorn.Server):
    """Says when it serves."""

    on_started = staticmethod(lambda: None)

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.on_started()


async def test_asked_again_after_the_server_went_it_is_the_same_question(tmp_path):
    which = {"prompt": "Which?"}
    first = contextlib.ExitStack()
    server = first.enter_context(older_server(tmp_path / "data"))
    port, ana = int(server.url.rpartition(":")[2]), household_of(server)
    async with proxied(server.url + PATH, server.agent_key, tmp_path) as client:
        asking = asyncio.create_task(client.call_tool("request_human_input", which))
        case_id = await asyncio.to_thread(ana.waiting)
        await asyncio.to_thread(first.close)
        with older_server(tmp_path / "data", port) as server:
            ana.owner = sign_in(server, kind=SessionKind.TERMINAL)
            if asking.done():  # the server has said that it ends, and to ask the same again
                assert (await asking).is_error
                asking = asyncio.create_task(client.call_tool("request_human_input", which))
            await asyncio.to_thread(ana.answer_box, ana.devices[0], "the blue one", bare=True)
            assert said(await asking) == "the blue one"
            cases = ana.owner.http.get("/api/v1/inbox").json()["cases"]
            assert [case["case_id"] for case in cases] == [case_id]


async def test_a_server_that_knew_better_is_not_believed_that_it_does_not(tmp_path):
    programs = Programs(tmp_path, {"HITL_API_KEY": "hitla_none"})
    with older_server(tmp_path / "data") as server:
        known = KnownPerson(person_id="person:1", name="Ana", identity="k", number=1, digest="d")
        Pins(tmp_path / ".config" / "openhitl", server.url).keep(known)
        ended = await programs.run("proxy", server.url + PATH, HITL_API_KEY=server.agent_key)
    assert (ended.code, ended.out) == (1, "")
    assert "knew device lists before" in ended.err


async def test_what_cannot_be_reached_is_said_on_stderr_alone(tmp_path):
    programs = Programs(tmp_path, {"HITL_API_KEY": "hitla_none"})
    gone = await programs.run("proxy", f"http://localhost:1{PATH}")
    assert (gone.code, gone.out) == (1, "")
    assert "error: " in gone.err
    wrong = await programs.run("proxy", "human")
    assert (wrong.code, wrong.out) == (2, "")
    assert "URL" in wrong.err
