"""The calls of `HITL` and `SyncHITL` from end to end against a scripted service."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from openhitl import HITL, SyncHITL
from openhitl.errors import AnswerCancelled, AnswerExpired, InvalidRequest, ServerUnreachable
from tests.threads import on_thread

from .peer import CASE_ID, Fault

pytestmark = pytest.mark.anyio


async def test_a_choice_comes_back_as_the_chosen_words(peer):
    async with HITL(peer.url) as hitl:
        asked = asyncio.create_task(hitl.request_input("Where?", ["Staging", "Production"], None, "bot"))
        await peer.saw("events")
        assert peer.seen[0].body["type"] == "selection"
        assert peer.seen[0].headers["x-mcp-agent-name"] == "bot"
        await peer.complete("select", {"selected": ["Production"]})
        assert await asked == "Production"


async def test_free_text_comes_back_as_it_was_typed(peer):
    async with HITL(peer.url) as hitl:
        asked = asyncio.create_task(hitl.request_input("Which branch?", placeholder="main"))
        await peer.saw("events")
        await peer.complete("submit", {"answer": "feature/ü"})
        assert await asked == "feature/ü"


@pytest.mark.parametrize("fault", [Fault(0), Fault(503), Fault(404)])
async def test_an_answer_is_worth_more_than_the_note_that_it_was_received(peer, fault):
    """Nobody else knows the answer yet; the server will hear of it the next time, or in an hour."""
    peer.fail("received", fault)
    async with HITL(peer.url) as hitl:
        asked = asyncio.create_task(hitl.approve("Deploy?", request_key="run-7"))
        await peer.saw("events")
        assert peer.seen[0].body["request_key"] == "run-7"
        assert "idempotency-key" not in peer.seen[0].headers
        await peer.complete("approve", {})
        assert (await asked).approved
    assert peer.count("received") == 1


@pytest.mark.parametrize(
    ("status", "data", "expected"),
    [
        ("expired", {"default_action": "skip"}, AnswerExpired),
        ("cancelled", {"reason": "Not now"}, AnswerCancelled),
    ],
)
async def test_words_that_never_came_are_an_exception_not_a_string(peer, status, data, expected):
    async with HITL(peer.url) as hitl:
        asked = asyncio.create_task(hitl.request_input("Where?"))
        await peer.saw("events")
        await peer.advance(status, **data)
        with pytest.raises(expected) as caught:
            await asked
    assert caught.value.details["case_id"] == CASE_ID


async def test_the_human_is_told_where_to_answer(peer, capsys):
    async with HITL(peer.url) as hitl:
        await hitl.create("Where?", {"type": "approval", "context": {}})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{peer.url}/review/{CASE_ID}?token=t" in captured.err


async def test_a_refused_question_says_what_is_wrong(peer):
    problem = {"error": "invalid_request", "message": "prompt is too long.", "errors": [{"path": "prompt"}]}
    peer.fail("create", Fault(status=422, body=problem))
    async with HITL(peer.url) as hitl:
        with pytest.raises(InvalidRequest, match="too long") as caught:
            await hitl.confirm("x" * 501)
    assert caught.value.details["errors"] == [{"path": "prompt"}]


async def test_cancelling_a_case_sends_the_reason(peer):
    async with HITL(peer.url) as hitl:
        case = await hitl.create("Where?", {"type": "approval", "context": {}})
        await hitl.cancel(case.case_id, "Decided elsewhere")
    assert peer.seen[-1].body == {"reason": "Decided elsewhere"}
    assert peer.status == "cancelled"


async def test_no_server_is_one_clear_error(peer):
    await peer.stop()
    async with HITL(peer.url) as hitl:
        with pytest.raises(ServerUnreachable):
            await hitl.approve("Deploy?")


async def test_the_sync_face_asks_and_waits(peer):
    def ask() -> tuple[str, bool]:
        with SyncHITL(peer.url, "hitla_key", announce=lambda case: None) as hitl:
            words = hitl.request_input("Where?", ["Staging", "Production"])
            again = hitl.wait(CASE_ID)
        return words, again.answered

    asked = asyncio.create_task(on_thread(ask))
    await peer.saw("events")
    await peer.complete("select", {"selected": ["Staging"]})
    assert await asked == ("Staging", True)


async def test_the_sync_face_works_for_several_threads_and_leaves_none_behind(peer):
    peer.created = {"type": "approval", "prompt": "Deploy?"}
    with SyncHITL(peer.url, announce=lambda case: None) as hitl:
        waits = [asyncio.create_task(on_thread(hitl.wait, CASE_ID)) for _ in range(3)]
        await peer.saw("events", 3)
        await peer.complete()
        decisions = await asyncio.gather(*waits)
    assert all(decision.approved for decision in decisions)
    assert not [thread for thread in threading.enumerate() if thread.name == "openhitl-agent"]


async def test_the_sync_face_starts_afresh_after_a_fork(peer):
    peer.created = {"type": "approval", "prompt": "Deploy?"}
    await peer.complete()
    program = (
        "import os, sys\n"
        "from openhitl import SyncHITL\n"
        "hitl = SyncHITL(sys.argv[1])\n"
        "hitl.wait(sys.argv[2])\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if hitl.wait(sys.argv[2]).approved else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, peer.url, CASE_ID)
    assert await process.wait() == 0


def test_an_agent_loads_no_server_store_or_web_framework():
    program = (
        "import sys, openhitl.agent, openhitl\n"
        "openhitl.HITL, openhitl.SyncHITL, openhitl.Decision\n"
        "heavy = ('openhitl.store', 'openhitl.server', 'openhitl.review', 'openhitl.settings',\n"
        "         'starlette', 'sqlalchemy', 'jinja2', 'pydantic', 'uvicorn', 'typer', 'cryptography')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == "[]"
