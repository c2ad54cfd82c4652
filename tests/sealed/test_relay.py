"""The relay's encrypted doors, REST and MCP: they wait as long as a human takes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets

import httpx2
import pytest

from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.box import open_box, seal_box, write_key
from tests.asking.clients import Waiting, connected, said, text_of
from tests.asking.haste import served
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household, fresh_keys
from tests.servers import RunningServer

pytestmark = pytest.mark.anyio
AGENT = fresh_keys()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that beats all the time."""
    with served(tmp_path_factory.mktemp("relay")) as served_here, contextlib.ExitStack() as closing:
        headers = {"x-api-key": served_here.key}
        agent = httpx2.Client(base_url=served_here.url, headers=headers, timeout=20, trust_env=False)
        closing.enter_context(agent)
        yield RunningServer(
            served_here.url, served_here.settings, served_here.key, "", agent, None, None, closing
        )


@pytest.fixture(scope="module")
def ana(server):
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana, name="alice's agent")
    household = Household(server, ana)
    household.add("phone")
    key = {"entity_type": "agent", "public_key": write_key(AGENT.public)}
    assert server.agent.post("/api/v1/keys/register", json=key).status_code == 200
    return household


def sealed(ana, **said):
    key = ana.devices[0].box.public
    return {"encrypted_payload": seal_box(json.dumps(said), AGENT, key, nonce=secrets.token_bytes(24))}


def opened(ana, payload):
    return open_box(payload, AGENT, ana.devices[0].box.public)


async def asking(server, body, what="request"):
    return await asyncio.to_thread(server.agent.post, f"/api/v1/hitl/{what}/e2ee", json=body)


@pytest.mark.parametrize("what", ["request", "complete"])
async def test_the_answer_comes_back_encrypted(server, ana, what):
    waiting = asyncio.create_task(asking(server, sealed(ana, prompt="Which?"), what))
    asked = await asyncio.to_thread(ana.answer_box, ana.devices[0], "the blue one")
    answer = await waiting
    assert (answer.status_code, asked) == (200, {"prompt": "Which?"})
    # Blanks before it have kept the connection: RFC 8259 §2 lets any JSON text begin with them.
    assert answer.text.startswith(" ")
    assert json.loads(opened(ana, answer.json()["encrypted_response"])) == {"response": "the blue one"}


async def test_who_is_cut_off_comes_back_with_the_same_payload(server, ana):
    body = sealed(ana, prompt="Which?")
    with pytest.raises(httpx2.ReadTimeout):
        # Beats keep the connection, so a client of less patience has to count them itself.
        await asyncio.to_thread(read_beats, server, body)
    case_id = await asyncio.to_thread(ana.waiting)
    waiting = asyncio.create_task(asking(server, body))
    await asyncio.to_thread(ana.answer_box, ana.devices[0], "yes")
    assert json.loads(opened(ana, (await waiting).json()["encrypted_response"])) == {"response": "yes"}
    assert server.agent.get(f"/api/v1/reviews/{case_id}").json()["status"] == "completed"
    again = await asking(server, body)
    assert json.loads(opened(ana, again.json()["encrypted_response"])) == {"response": "yes"}


def read_beats(server, body):
    with server.agent.stream("POST", "/api/v1/hitl/request/e2ee", json=body) as answer:
        for number, _ in enumerate(answer.iter_raw()):
            if number == 3:
                raise httpx2.ReadTimeout("no patience")


async def test_a_question_that_was_cancelled_has_no_answer(server, ana):
    waiting = asyncio.create_task(asking(server, sealed(ana, prompt="Which?")))
    case_id = await asyncio.to_thread(ana.waiting)
    cancelled = server.agent.post(f"/api/v1/reviews/{case_id}/cancel", json={"reason": "no need"})
    assert cancelled.status_code == 200
    told = (await waiting).json()
    assert (told["error"], told["detail"]) == ("answer_cancelled", told["message"])


@pytest.mark.parametrize("payload", [None, 7, "", "c2VjcmV0", {"v": 2}])
async def test_what_is_no_box_is_refused_with_a_detail(server, ana, payload):
    for what in ("request", "complete", "notify"):
        refused = await asking(server, {"encrypted_payload": payload}, what)
        assert refused.status_code == 422
        assert refused.json()["detail"]


async def test_a_notice_is_told_encrypted(server, ana):
    body = sealed(ana, message="It runs.")
    assert (await asking(server, body, "notify")).json() == {"status": "Notification sent."}
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest["envelope"] == body["encrypted_payload"]


async def test_the_twins_over_mcp_answer_with_the_bare_payload(server, ana):
    async with connected(server.url, server.agent_key) as client:
        for tool in ("request_human_input_e2ee", "notify_human_completion_e2ee"):
            waiting = await Waiting(client, tool, sealed(ana, prompt="Which?")).asked()
            await asyncio.to_thread(ana.answer_box, ana.devices[0], "the blue one", bare=True)
            assert opened(ana, said(await waiting.result)) == "the blue one"
        told = await client.call_tool("notify_human_e2ee", sealed(ana, message="It runs."))
        assert said(told) == "Notification sent."
        refused = await client.call_tool("notify_human_e2ee", {"encrypted_payload": "c2VjcmV0"})
        assert refused.is_error
        assert "base64" in text_of(refused)
