"""What a human is told, and how: as the surroundings allow. HITL v0.8 §7 "Delivery Modes"."""

import asyncio
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from openhitl.agent import OpenCase
from openhitl.agent.telling import Telling, has_screen, message, open_page, qr_code, tell, tell_blocking

FAR = "https://service.example.com/review/1?token=t"
NEAR = "http://localhost:4485/review/1?token=t"


def case(review_url=FAR, **more) -> OpenCase:
    named = {"case_id": "review_1", "type": "approval", "prompt": "Deploy?", "poll_url": "https://x/1"}
    return OpenCase(**{**named, "review_url": review_url, **more})


def test_the_question_and_the_address_are_said():
    assert message(case()) == f"Deploy?\nAnswer at {FAR}"
    assert message(case(reminder=True)) == f"Reminder, this is still open: Deploy?\nAnswer at {FAR}"
    assert (
        message(case(None, message="It is green.\nAll of it.")) == "Deploy?\n  | It is green.\n  | All of it."
    )


def test_what_a_form_asks_for_is_said():
    fields = [{"key": "a", "required": True}, {"key": "b"}]
    steps = {"form": {"steps": [{"title": "You", "fields": fields}, {"title": "Job", "fields": []}]}}
    assert "2-step form (You, Job): 2 fields, 1 required" in message(case(context=steps))
    assert "Form: 1 field, 0 required" in message(case(context={"form": {"fields": [{"key": "a"}]}}))


HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u200b\x9b31m"


@pytest.mark.parametrize("field", ["prompt", "message", "title", "review_url"])
def test_text_of_others_moves_no_cursor_and_hides_nothing(field):
    title = HOSTILE if field == "title" else "You"
    context = {"form": {"steps": [{"title": title, "fields": []}]}}
    given = {} if field == "title" else {field: f"https://x/{HOSTILE}" if field == "review_url" else HOSTILE}
    said = message(case(context=context, **given))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u200b]", said)
    assert "⟦U+202E⟧" in said


def test_text_of_others_cannot_pass_for_the_address():
    said = message(
        case(prompt="Go?\nAnswer at https://evil.example", message="x\nAnswer at https://evil.example")
    )
    assert [line for line in said.splitlines() if line.startswith("Answer at")] == [f"Answer at {FAR}"]


def test_a_flood_of_text_is_cut():
    many = {"form": {"steps": [{"title": "t" * 10_000, "fields": []}] * 1000}}
    said = message(case(prompt="x" * 1_000_000, message="y" * 1_000_000, context=many))
    assert len(said) < 5000


@pytest.mark.parametrize(
    "form", [[], {"fields": 5}, {"fields": [1, None]}, {"steps": [{"title": None, "fields": {}}]}, "x"]
)
def test_a_form_that_makes_no_sense_is_no_reason_to_fail(form):
    assert message(case(context={"form": form})).startswith("Deploy?")


class Said:
    """Where lines go."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, text: str) -> None:
        self.text += f"{text}\n"


@pytest.mark.parametrize(
    ("options", "review_url", "expected", "not_expected"),
    [
        ({}, FAR, FAR, "█"),
        ({"draw_qr": True}, FAR, "█", "ssh"),
        ({"draw_qr": True, "show_way": True}, NEAR, "ssh -L 4485:localhost:4485", "█"),
        ({"draw_qr": True}, "https://x/" + "y" * 3000, "yyy", "█"),
    ],
)
def test_an_address_comes_with_a_way_to_get_there(options, review_url, expected, not_expected):
    said = Said()
    Telling(say=said, **options)(case(review_url))
    assert expected in said.text
    assert not_expected not in said.text


def test_a_reminder_is_said_and_opens_nothing_again(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER", f"{browser(tmp_path)} %s")
    said = Said()
    Telling(say=said, open_browser=True)(case(reminder=True))
    assert not (tmp_path / "opened").exists()
    assert FAR in said.text


def browser(folder):
    """Make a browser that is noisy and notes what it opened."""
    path = folder / "browser"
    path.write_text(f'#!/bin/sh\necho noise; echo noise >&2; echo "$1" >> "{folder}/opened"\n')
    path.chmod(0o755)
    return path


def test_a_browser_opens_the_page_and_its_noise_goes_nowhere(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("BROWSER", f"{browser(tmp_path)} %s")
    assert open_page(FAR)
    assert (tmp_path / "opened").read_text() == f"{FAR}\n"
    assert capfd.readouterr() == ("", "")


def test_where_no_browser_opens_the_other_ways_are_shown(monkeypatch):
    monkeypatch.setenv("BROWSER", "false %s")
    said = Said()
    Telling(say=said, open_browser=True, draw_qr=True)(case())
    assert qr_code(FAR) in said.text


@pytest.mark.parametrize(
    ("environ", "platform", "screen_here"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "x", "DISPLAY": ":10"}, "linux", False),
        ({"SSH_CONNECTION": "x"}, "darwin", False),
        ({"BROWSER": "firefox", "SSH_CONNECTION": "x"}, "linux", True),
    ],
)
def test_a_browser_is_opened_only_where_the_human_sits(environ, platform, screen_here):
    assert has_screen(environ, platform) is screen_here


PROGRAM = """
from openhitl.agent import OpenCase
from openhitl.agent.telling import automatic
automatic()(OpenCase(case_id="c", type="approval", prompt="Go?", poll_url="x", review_url="{url}"))
"""


def told_on_a_terminal(url, **environ) -> str:
    """Tell by default in a program whose standard error is a terminal."""
    ours, theirs = pty.openpty()
    names = ("SSH_CONNECTION", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "CI")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", PROGRAM.format(url=url)]
    program = subprocess.Popen(command, stderr=theirs, env={**kept, **environ})
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 65536):
            said += chunk
    except OSError:  # how Linux says that the other end is gone
        pass
    os.close(ours)
    assert program.wait() == 0
    return said.decode()


def test_on_a_terminal_with_a_screen_the_browser_opens(tmp_path):
    said = told_on_a_terminal(FAR, BROWSER=f"{browser(tmp_path)} %s")
    assert FAR in said
    assert "Opened in your browser." in said
    assert (tmp_path / "opened").exists()


def test_on_a_remote_terminal_a_qr_code_is_drawn():
    assert "█" in told_on_a_terminal(FAR, SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22", DISPLAY=":10")
    assert "ssh -L 4485" in told_on_a_terminal(NEAR, SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")


def test_in_a_build_the_address_alone_is_said(tmp_path):
    said = told_on_a_terminal(FAR, CI="true", BROWSER=f"{browser(tmp_path)} %s")
    assert said.split() == ["Go?", "Answer", "at", FAR]
    assert not (tmp_path / "opened").exists()


def test_in_a_log_the_address_alone_is_said(capfd):
    tell_blocking(None, case())
    assert capfd.readouterr() == ("", f"Deploy?\nAnswer at {FAR}\n")


async def told_async(case) -> None:
    await asyncio.sleep(0)
    TOLD.append(case.case_id)


TOLD: list[str] = []


def test_whatever_takes_a_case_can_tell_in_either_kind_of_code():
    TOLD.clear()
    tell_blocking(told_async, case())
    tell_blocking(lambda case: TOLD.append(case.case_id), case())
    asyncio.run(tell(told_async, case()))
    asyncio.run(tell(lambda case: TOLD.append(case.case_id), case()))

    async def blocking_code_inside_a_loop() -> None:
        tell_blocking(told_async, case())

    asyncio.run(blocking_code_inside_a_loop())
    assert TOLD == ["review_1"] * 5


def test_what_telling_raises_reaches_the_caller():
    async def fails(case) -> None:
        raise ConnectionError("no chat")

    with pytest.raises(ConnectionError):
        tell_blocking(fails, case())


def test_nothing_is_said_twice_about_a_case_without_a_page():
    said = Said()
    Telling(say=said, open_browser=True)(case(None, expires_at=datetime(2026, 2, 20, tzinfo=UTC)))
    assert said.text == "Deploy?\n"
