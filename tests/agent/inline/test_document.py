"""The programs in docs/how-to/put-buttons-into-a-chat.md do what the page says."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from openhitl.agent.inline import GERMAN, InlineDesk, slack
from openhitl.agent.inline.wording import wording
from tests.agent.inline.chats import SECRET, Chat
from tests.agent.inline.presses import PRESSES, TO, form_of_slack
from tests.agent.inline.test_round_trips import CONFIRMATION, read
from tests.examples import blocks, run_python
from tests.servers import running

PAGE = "docs/how-to/put-buttons-into-a-chat.md"
AGENT, RECEIVER, *PIECES = blocks(PAGE, "python")


def test_the_agent_in_telegram_is_told_what_was_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "server") as server, Chat("telegram") as chat:
        monkeypatch.setenv("TELEGRAM_API", chat.base)
        monkeypatch.setenv("TELEGRAM_CHAT", str(TO["telegram"]))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        finished = run_python(AGENT, server, tmp_path)
        assert finished.code == 0, finished.output
        assert finished.lines[-2:] == ["accepted approve by Alice Example", "approve"]
        assert "Approved by Alice Example" in chat.shows()
        assert chat.notices == ["Approved"]


@pytest.mark.anyio
async def test_the_receiver_of_slack_decides_what_was_signed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    program: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(RECEIVER, PAGE, "exec"), program)
    desk: InlineDesk = program["desk"]
    with running(tmp_path / "server") as server, Chat("slack") as chat:
        program["SLACK_API"] = chat.base
        monkeypatch.setitem(program, "httpx2", _HooksAt(chat))
        hitl = server.ask(CONFIRMATION)
        chat.send(await desk.message(read(hitl), slack, to=TO["slack"]))
        payload = PRESSES["slack"](chat.buttons()["Confirm"], message=chat.last)
        transport = httpx2.ASGITransport(app=program["app"])
        async with httpx2.AsyncClient(transport=transport, base_url="http://agent") as platform:
            forged = await platform.post("/slack/press", content=form_of_slack(payload))
            assert (forged.status_code, server.status(hitl)["status"]) == (401, "pending")
            pressed = await platform.post("/slack/press", **signed(form_of_slack(payload)))
        assert pressed.status_code == 200
        assert server.status(hitl)["result"]["action"] == "confirm"
        assert "Confirmed by alice" in chat.shows()


def signed(form: bytes) -> dict[str, Any]:
    now = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), f"v0:{now}:".encode() + form, hashlib.sha256).hexdigest()
    headers = {"x-slack-request-timestamp": now, "x-slack-signature": f"v0={mac}"}
    return {"content": form, "headers": headers}


class _HooksAt:
    """The HTTP library, on a network where hooks.slack.com is the stand-in."""

    def __init__(self, chat: Chat) -> None:
        self._hooks = f"{chat.base}/hooks"

    def AsyncClient(self) -> httpx2.AsyncClient:  # noqa: N802
        async def to_stand_in(request: httpx2.Request) -> None:
            request.url = httpx2.URL(str(request.url).replace("https://hooks.slack.com", self._hooks))

        return httpx2.AsyncClient(event_hooks={"request": [to_stand_in]}, trust_env=False)


@pytest.mark.parametrize("piece", PIECES)
def test_the_smaller_examples_run(piece: str) -> None:
    program: dict[str, Any] = {}
    exec(compile(piece, PAGE, "exec"), program)
    assert isinstance(program["desk"], InlineDesk)
    assert wording(GERMAN)
