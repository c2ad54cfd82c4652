"""Texts of others on a terminal: they are seen, and do nothing else. Programs get them as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from openhitl.protocol.visible import segments
from tests.cli.screens import on_screen
from tests.servers import RunningServer, running

#: Colours, a window's title, the clipboard, a link that lies, C1, text turned round, an overwritten line.
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\"
    "\x9b2J \u202eabc\u202c \u2066x\u2069 one\rtwo \x08\x7f\u200b \U000e0041 Grüße"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture(scope="module")
def case_id(server: RunningServer) -> str:
    """A case that is hostile wherever it can be, in question and answer."""
    fields = [{"key": "answer", "label": HOSTILE, "type": "text"}]
    hitl = server.ask(
        {
            "type": "input",
            "prompt": HOSTILE,
            "message": HOSTILE,
            "context": {"form": {"fields": fields}, HOSTILE: HOSTILE},
            "metadata": {HOSTILE: HOSTILE},
        },
        as_service=False,
    )
    url = hitl["review_url"].replace("/review/", "/reviews/").replace("?", "/respond?")
    answer = {"action": "submit", "data": {"answer": HOSTILE}}
    assert httpx2.post(url, json=answer, trust_env=False).status_code == 200
    return hitl["case_id"]


def hitl(program: str = "hitl") -> str:
    return str(Path(sys.executable).with_name(program))


def environment(server: RunningServer, **given: str) -> dict[str, str]:
    settings = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.agent_key, "TERM": "xterm"}
    return {"PATH": os.defpath, "HOME": str(server.settings.data_dir), **settings, **given}


def is_seen(text: str) -> bool:
    """Tell whether nothing in a text is hidden, but for what the live line is redrawn with."""
    return not any(hidden for _, hidden in segments(text.replace("\r\x1b[2K", "")))


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["list", "--json"],
        ["show", "CASE"],
        ["show", "CASE", "--json"],
        ["status", "CASE"],
        ["status", "CASE", "--json"],
        ["status", "CASE", "--wait"],
        ["status", "CASE", "--wait", "--json"],
        ["status", HOSTILE],
        ["list", "--status", HOSTILE],
        ["request", "--prompt", "x", "--timeout", HOSTILE],
        ["request", "--prompt", "x", "--context", HOSTILE],
        ["admin", "new-key", HOSTILE],
        [HOSTILE],
    ],
)
def test_on_a_terminal_there_is_nothing_but_what_is_seen(server, case_id, command):
    screen = on_screen(
        [hitl(), *(case_id if part == "CASE" else part for part in command)], environment(server)
    )
    assert screen.out or screen.err
    assert is_seen(screen.out)
    assert is_seen(screen.err)


def test_json_on_a_terminal_is_the_same_json(server, case_id):
    screen = on_screen([hitl(), "show", case_id, "--json"], environment(server))
    shown = json.loads(screen.out)
    assert shown["prompt"] == shown["metadata"][HOSTILE] == HOSTILE
    assert "Grüße" in screen.out  # people read it too


def test_a_program_gets_the_answer_as_it_is(server, case_id):
    done = subprocess.run(
        [hitl(), "status", case_id, "--wait"], env=environment(server), capture_output=True, check=True
    )
    assert done.stdout == HOSTILE.encode() + b"\n"


@pytest.mark.parametrize("command", ["config", "doctor"])
def test_names_of_this_machine_are_seen_too(server, tmp_path, command):
    folder = tmp_path / "\x1b[31mred\u202e"
    screen = on_screen([hitl(), command], environment(server, HITL_DATA_DIR=str(folder)))
    assert "⟦U+001B⟧[31mred⟦U+202E⟧" in screen.out
    assert is_seen(screen.out)
