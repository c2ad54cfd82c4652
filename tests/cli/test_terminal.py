"""What a human at a terminal sees while waiting."""

import io
from datetime import timedelta

import pytest

from openhitl.agent.telling import qr_code
from openhitl.cli.commands.list import _row
from openhitl.cli.terminal import Terminal, left_words, telling


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def terminal(screen):
    return Terminal(screen, {"TERM": "xterm"})


def test_the_live_line_is_redrawn_in_place_and_taken_away(terminal, screen):
    terminal.draw("one")
    terminal.draw("two")
    terminal.say("done")
    assert screen.getvalue() == "\r\x1b[2Kone\r\x1b[2Ktwo\r\x1b[2Kdone\n"


def test_the_live_line_never_wraps(terminal, screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal.draw("x" * 100)
    assert len(screen.getvalue().removeprefix("\r\x1b[2K")) == 19


def test_a_narrow_terminal_gets_the_parts_that_say_most(terminal, screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    terminal.draw("waiting for a human · 5:00 left · Ctrl-C leaves it open")
    assert screen.getvalue() == "\r\x1b[2Kwaiting for a human"


def test_a_list_puts_the_question_below_where_it_does_not_fit_beside():
    case = {"case_id": "review_" + "a" * 26, "status": "completed", "type": "input", "prompt": "Go " * 9}
    assert _row(case, None).endswith("  " + ("Go " * 9).strip())
    assert _row(case, 119).count("\n") == 0
    first, second = _row(case, 59).split("\n")
    assert first.endswith("input")
    assert second == "  " + ("Go " * 9).strip()
    assert max(map(len, _row({**case, "prompt": "Go " * 99}, 39).split("\n"))) == 39


@pytest.mark.parametrize(
    ("stream", "environ"), [(io.StringIO(), {"TERM": "xterm"}), (Screen(), {"TERM": "dumb"}), (Screen(), {})]
)
def test_where_nothing_can_be_redrawn_nothing_is(stream, environ):
    terminal = Terminal(stream, environ)
    terminal.draw("one")
    terminal.clear()
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(hours=23, minutes=59, seconds=59), "23 h 59 min"),
        (timedelta(minutes=4, seconds=5), "4:05"),
        (timedelta(seconds=-3), "0:00"),
    ],
)
def test_time_left_is_said_in_the_units_that_matter(left, words):
    assert left_words(left) == words


def test_an_https_address_comes_with_a_qr_code(terminal, screen):
    telling(terminal, open_browser=False).show("https://hitl.example.com/review/x?token=t")
    assert qr_code("https://hitl.example.com/review/x?token=t") in screen.getvalue()


def test_a_local_address_comes_with_a_way_there_and_no_qr_code(terminal, screen):
    telling(terminal, open_browser=False).show("http://localhost:4485/review/x?token=t")
    assert "ssh -L 4485:localhost:4485" in screen.getvalue()
    assert "█" not in screen.getvalue()
