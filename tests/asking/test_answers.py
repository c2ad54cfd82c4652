"""Our own tools: typed answers, soon, and never a pending one taken for a yes."""

from __future__ import annotations

import json

import pytest

from openhitl.asking.pace import Pace
from tests.asking.clients import Waiting, connected, text_of

pytestmark = pytest.mark.anyio
ASKED = {
    "request_approval": (
        {"prompt": "Send it?", "artifact": "Dear all", "context": {"risk": {"level": "high"}}},
        "approval",
        ("approve", {"feedback": "Nice."}),
        {"approved": True, "answer": "approve", "reason": "Nice."},
    ),
    "request_selection": (
        {"prompt": "Which two?", "choices": ["a", {"id": "b", "title": "Bee"}], "minimum": 1, "maximum": 2},
        "selection",
        ("select", {"selected": ["b"]}),
        {"data": {"selected": ["b"]}, "answer": "b"},
    ),
    "request_form": (
        {"prompt": "Where to?", "fields": [{"key": "town", "label": "Town", "type": "text"}]},
        "input",
        ("submit", {"town": "Kiel"}),
        {"data": {"town": "Kiel"}, "answer": '{"town": "Kiel"}'},
    ),
    "request_confirmation": (
        {"prompt": "Delete both?", "items": ["one", "two"], "irreversible": True},
        "confirmation",
        ("confirm", {}),
        {"approved": True, "action": "confirm"},
    ),
}


@pytest.mark.parametrize("tool", ASKED)
async def test_an_answer_is_typed(server, mode, tool):
    arguments, review_type, (action, data), expected = ASKED[tool]
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, tool, arguments).asked()
        assert server.human.open["type"] == review_type
        case = server.human.answer(action, **data)
        result = await waiting.result
    told = result.structured_content
    assert (told["status"], told["action"], told["case_id"]) == ("completed", action, case["case_id"])
    assert {name: told[name] for name in expected} == expected
    assert json.loads(text_of(result)) == told


async def test_a_denial_carries_its_reason(server, mode):
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_approval", {"prompt": "Send it?"}).asked()
        server.human.answer("reject", feedback="Not before Monday.")
        told = (await waiting.result).structured_content
    assert (told["approved"], told["action"]) == (False, "reject")
    assert told["reason"] == "Not before Monday."
    assert "Not before Monday." in told["message"]


async def test_an_edit_is_no_approval(server):
    async with connected(server.url, server.key) as client:
        waiting = await Waiting(
            client, "request_approval", {"prompt": "Send?", "artifact": "Dear all"}
        ).asked()
        server.human.answer("edit", edits={"content": "Dear Alice"})
        told = (await waiting.result).structured_content
    assert (told["approved"], told["data"]["edits"]["content"]) == (False, "Dear Alice")
    assert "not what was asked" in told["message"]


async def test_without_an_answer_soon_the_result_is_pending(server, mode):
    async with connected(server.url, server.key, mode) as client:
        result = await client.call_tool("request_approval", {"prompt": "Send it?"})
        told = result.structured_content
        case = server.human.open
        assert not result.is_error
        assert (told["status"], told["case_id"]) == ("pending", case["case_id"])
        assert told["review_url"] == case["review_url"]
        assert f'call wait_for_answer with case_id "{case["case_id"]}"' in told["message"]
        waiting = await Waiting(client, "wait_for_answer", {"case_id": case["case_id"]}).asked()
        server.human.answer("approve")
        assert (await waiting.result).structured_content["approved"]
        again = await client.call_tool("wait_for_answer", {"case_id": case["case_id"]})
        assert again.structured_content["approved"], "what was answered can be looked up again"


async def test_who_asked_for_progress_waits_on_with_beats(server, mode):
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_approval", {"prompt": "Send it?"}).asked(beats=10)
        assert not waiting.result.done()
        said = f"Waiting for a human to answer at {server.human.open['review_url']}"
        assert {message for _, message in waiting.beats} == {said}
        server.human.answer("approve")
        assert (await waiting.result).structured_content["status"] == "completed"


async def test_a_cancel_is_told_as_such(server):
    async with connected(server.url, server.key) as client:
        waiting = await Waiting(client, "request_approval", {"prompt": "Send it?"}).asked()
        server.human.decline("Wrong person.")
        told = (await waiting.result).structured_content
    assert (told["status"], told["reason"]) == ("cancelled", "Wrong person.")
    assert "action" not in told


async def test_a_deadline_is_told_as_such(server):
    """Silence is never consent: the default action is said, and nothing that looks like an answer."""
    asking = {"prompt": "Send it?", "timeout": "10s", "default_action": "reject"}
    async with connected(server.url, server.key) as client:
        told = (await Waiting(client, "request_approval", asking).result).structured_content
    assert (told["status"], told["default_action"]) == ("expired", "reject")
    assert not {"action", "approved", "answer"} & set(told)


async def test_a_foreign_case_looks_absent(server, mode):
    async with connected(server.url, server.key, mode) as client:
        await client.call_tool("request_approval", {"prompt": "Send it?"})
    case_id = server.human.open["case_id"]
    async with connected(server.url, server.another_agent(), mode) as client:
        refusals = [
            await client.call_tool("wait_for_answer", {"case_id": asked})
            for asked in (case_id, "review_none")
        ]
    assert all(refusal.is_error for refusal in refusals)
    assert text_of(refusals[0]) == text_of(refusals[1])


async def test_what_the_tools_say_of_themselves(server, mode):
    async with connected(server.url, server.key, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        words = {"request_human_input", "notify_human", "notify_human_completion"}
        twins = {f"{name}_e2ee" for name in words}
        assert set(tools) == words | twins | set(ASKED) | {"wait_for_answer"}
        assert all("encrypting proxies" in tools[name].description for name in twins)
        assert tools["request_human_input"].input_schema["required"] == ["prompt"]
        assert set(tools["request_human_input"].input_schema["properties"]) == {
            "prompt",
            "choices",
            "placeholder_text",
            "agent_name",
        }
        assert all((tools[name].output_schema is None) == (name in words | twins) for name in tools)
        assert "never consent" in client.instructions
        assert client.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]


async def test_a_notice_is_kept_and_says_from_whom(server, mode):
    async with connected(server.url, server.key, mode) as client:
        result = await client.call_tool("notify_human", {"message": "Done.", "agent_name": "Deployer"})
        assert not result.is_error
        [notice] = server.human.notices()
        assert (notice["message"], notice["agent"]) == ("Done.", "Deployer (alice's agent)")


def test_a_call_without_progress_waits_for_45_seconds_at_most():
    """Many clients give up after 60 s; the contract promises an answer within 50."""
    assert Pace().answer_seconds <= 50
    assert Pace().beat_seconds <= 15
