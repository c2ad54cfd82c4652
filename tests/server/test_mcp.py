"""The MCP door: whose request it is, from where, how large, and by which method."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx2
import pytest

from openhitl.review.http import MAX_BODY_BYTES
from openhitl.review.room import Room
from openhitl.server.app import Server
from openhitl.server.mcp import McpDoor
from openhitl.settings import Settings
from tests.asking.clients import BOUND_SECONDS, Waiting, connected, text_of
from tests.asking.haste import Served, served

PATH = "/mcp-server/mcp/"
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("mcp")) as running:
        yield running


def call(tool="wait_for_answer", arguments=None):
    params = {"name": tool, "arguments": arguments or {}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def post(server, body, *, path=PATH, key=None, **headers):
    given = {**ACCEPT, **({"x-api-key": key} if key else {})}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx2.post(server.url + path, content=content, headers=given, trust_env=False, timeout=20)


def told(response):
    """Return the JSON-RPC message of a response, whichever way it came."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = next(line for line in text.splitlines() if line.startswith("data:")).removeprefix("data:")
    return json.loads(text)


def test_without_a_credential_a_client_learns_where_to_get_one(server):
    """MCP "Authorization", RFC 9728 §5.1: 401 names the metadata of the resource, and what to ask for."""
    challenge = (
        f'resource_metadata="{server.url}/.well-known/oauth-protected-resource/mcp-server/mcp", '
        'scope="ask read"'
    )
    for response in (post(server, call()), httpx2.get(server.url + PATH, trust_env=False)):
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == f"Bearer {challenge}"
        assert response.json()["error"] == "unauthorized"
    refused = post(server, call(), key="hitla_" + "x" * 43)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == f'Bearer error="invalid_token", {challenge}'


@pytest.mark.parametrize("path", ["/mcp-server/mcp", "/mcp-server/mcp/"])
@pytest.mark.parametrize("form", ["x_api_key", "authorization"])
def test_a_key_is_taken_in_either_header_at_either_path(server, path, form):
    value = server.key if form == "x_api_key" else f"Bearer {server.key}"
    response = post(server, call(arguments={"case_id": "x"}), path=path, **{form: value})
    assert response.status_code == 200
    assert told(response)["result"]["isError"]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_only_post_is_served(server, method):
    """MCP 2025-11-25 "Transports": a server without a stream of its own answers 405."""
    response = httpx2.request(
        method, server.url + PATH, headers={"x-api-key": server.key, **ACCEPT}, trust_env=False
    )
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_pages_of_other_places_are_refused(server, origin):
    """MCP "Transports", Security Warning: DNS rebinding; checked before the credential is."""
    assert post(server, call(), key=server.key, origin=origin).status_code == 403
    assert post(server, call(), origin=origin).json()["error"] == "cross_site"
    assert (
        post(server, call(arguments={"case_id": "x"}), key=server.key, origin=server.url).status_code == 200
    )


def test_no_session_can_be_taken_over(server):
    """CVE-2026-52869: a session is its principal's. Here is none: every request says whose it is."""
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    begun = post(server, hello, key=server.key)
    assert told(begun)["result"]["protocolVersion"] == "2025-11-25"
    assert "mcp-session-id" not in begun.headers
    taken = post(server, call(), key=server.another_agent(), mcp_session_id="0" * 32)
    assert (taken.status_code, taken.json()["error"]) == (404, "not_found")


@pytest.mark.anyio
async def test_a_key_sees_the_cases_of_its_own_agent_alone(server):
    async with connected(server.url, server.key) as client:
        asked = await client.call_tool("request_approval", {"prompt": "Deploy?"})
    arguments = {"case_id": asked.structured_content["case_id"]}
    mine, theirs = (
        told(post(server, call(arguments=arguments), key=key))["result"]
        for key in (server.key, server.another_agent())
    )
    assert mine["structuredContent"]["status"] == "pending"
    assert "structuredContent" not in theirs


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_has_a_limit(server, declared):
    body = b" " * (MAX_BODY_BYTES + 1)
    content = body if declared else iter([body])
    response = httpx2.post(
        server.url + PATH, content=content, headers={"x-api-key": server.key, **ACCEPT}, trust_env=False
    )
    assert (response.status_code, response.json()["error"]) == (413, "payload_too_large")


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"[]", b"7", b'{"jsonrpc": "2.0", "id": 1}'])
def test_what_is_no_request_is_refused(server, version, body):
    response = post(server, body, key=server.key, mcp_protocol_version=version)
    assert response.status_code == 400
    assert "error" in response.json()


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(server, version):
    response = post(server, call("forget_everything"), key=server.key)
    assert told(response)["error"]["code"] == -32602


@pytest.mark.anyio
async def test_calls_that_wait_count_as_streams_and_are_as_many_as_there_is_room(tmp_path):
    with served(tmp_path, Room(connections=20, streams=1)) as server:
        async with connected(server.url, server.key) as client:
            waiting = await Waiting(client, "request_human_input", {"prompt": "Which way?"}).asked(beats=2)
            metrics = httpx2.get(server.url + "/metrics", trust_env=False).text
            assert "openhitl_event_streams 1.0" in metrics
            refused = await client.call_tool("request_human_input", {"prompt": "Which other way?"})
            assert refused.is_error
            assert "As many calls wait" in text_of(refused)
            server.human.answer("submit", server.human.cases(status="pending")[-1], answer="Left.")
            assert text_of(await waiting.result) == "Left."


@pytest.mark.anyio
async def test_a_request_after_the_end_is_told_so_and_begins_nothing(tmp_path):
    stopped = Server(Settings(data_dir=tmp_path, port=0))
    await stopped.start()
    await stopped.stop()
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(stopped), base_url="http://127.0.0.1"
    ) as client:
        refused = await client.post(PATH, json=call(), headers=ACCEPT)
    assert (refused.status_code, refused.json()["error"]) == (503, "stopping")
    assert "mcp" not in {task.get_name() for task in asyncio.all_tasks()}


@pytest.mark.anyio
async def test_what_keeps_the_library_from_starting_is_raised_and_the_end_is_no_later(tmp_path):
    server = Server(Settings(data_dir=tmp_path, port=0))
    await server.start()
    door = McpDoor(*server._mcp._made_of)
    async with door._manager.run():  # which can be done once
        pass
    async with asyncio.timeout(BOUND_SECONDS):
        with pytest.raises(RuntimeError, match="once per instance"):
            await door.start()
        await door.stop()
        await server.stop()
