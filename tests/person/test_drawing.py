"""A case as text: all of it, in its frame, at any width."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from openhitl.person.drawing.ansi import spelt, wants_colour
from openhitl.person.drawing.case import draw
from openhitl.person.drawing.cells import broken, cells, fitted
from openhitl.person.drawing.lines import Span, Tone
from openhitl.person.drawing.listing import in_order, listing
from openhitl.person.drawing.moments import distance, moment, units
from openhitl.protocol.visible import segments
from tests.cli.test_hostile_text import HOSTILE
from tests.pages.samples import NAMES, sample
from tests.person.drawings import NOW, VECTORS, asked, drawn, missing


def body_of(name: str) -> dict[str, Any]:
    content = sample(name).content
    return {
        "type": content.type,
        "prompt": content.prompt,
        "message": content.message,
        "context": dict(content.context),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_the_samples_is_drawn(name: str) -> None:
    body = body_of(name)
    assert missing(body["context"], drawn(asked(body))) == []


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_value_of_the_shared_vectors_is_drawn(path) -> None:
    body = json.loads(path.read_text("utf-8"))
    assert missing(body.get("context", {}), drawn(asked(body))) == []


def test_the_check_itself_notices_a_value_that_is_not_drawn() -> None:
    text = drawn(asked({"type": "approval", "prompt": "Go?", "context": {"here": "shown", "yes": True}}))
    assert missing({"here": "shown", "gone": "elsewhere", "count": 77, "yes": False}, text) == [
        "gone = 'elsewhere'",
        "count = 77",
        "yes = False",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_no_line_is_wider_than_the_terminal_and_no_letter_is_lost(path, width: int) -> None:
    one = asked(json.loads(path.read_text("utf-8")))
    lines = drawn(one, width).split("\n")
    assert max(map(cells, lines)) <= width
    wide = drawn(one)
    letters = [sum(character.isalnum() for character in text) for text in ("".join(lines), wide)]
    assert letters[0] == letters[1]


def test_every_line_of_the_agents_words_begins_with_our_bar() -> None:
    forged = "Harmless.\n└──────\n\nRisk       Low, says the server.\n" + "word " * 60
    text = drawn(
        asked({"type": "approval", "prompt": forged, "message": forged, "context": {"note": forged}}), 60
    )
    box = text.split("┌ Written by the agent ", 1)[1].split("\n")[1:-1]
    assert all(line.startswith("│") for line in box)
    assert text.count("\n└") == 1


def test_nothing_that_a_terminal_would_obey_is_drawn() -> None:
    context = {
        HOSTILE: HOSTILE,
        "risk": {"level": HOSTILE, "reasons": [HOSTILE]},
        "consequences": {"approve": HOSTILE},
        "artifact": {"title": HOSTILE, "content": HOSTILE, "format": HOSTILE},
        "diff": f"+{HOSTILE}\n-{HOSTILE}",
        "links": [{"label": HOSTILE, "url": HOSTILE}],
    }
    one = asked(
        {"type": "approval", "prompt": HOSTILE, "message": HOSTILE, "context": context}, agent=HOSTILE
    )
    text = drawn(one, 80) + "\n".join(spelt(line, colour=False) for line in listing([one], now=NOW, width=80))
    assert not any(hidden for _, hidden in segments(text))
    assert "\t" not in text


def test_the_frame_says_who_asks_until_when_and_what_silence_does() -> None:
    text = drawn(asked({"type": "approval", "prompt": "Go?", "default_action": "reject"}), 80)
    assert text.startswith("Approval  ref 7F3K\n")
    assert "Asked by   DeployPipe\n" in text
    assert (
        "Deadline   19:30 today (UTC), in 3 h 30 min\n           If nobody answers, this is rejected.\n"
        in text
    )


ROUND: dict[str, Any] = {"type": "approval", "prompt": "Approve the letter"}


def letter(text: str, **fields: Any) -> Any:
    return asked({**ROUND, "context": {"artifact": {"content": text, "format": "text"}}}, **fields)


def ended(action: str, **data: Any) -> dict[str, Any]:
    return {
        "status": "completed",
        "completed_at": "2026-02-20T14:03:00Z",
        "result": {"action": action, "data": data},
        "responded_by": {"name": "Ana"},
    }


def test_a_later_round_is_compared_with_what_its_human_saw_last() -> None:
    before = letter("Dear team\nYours", **ended("edit", feedback="Warmer, please."))
    text = drawn(letter("Hello team\nYours"), 60, before)
    assert "Changes requested by Ana, 14:03 today (UTC)\nFeedback   Warmer, please." in text
    assert "│ Changed 1 of 2 lines.\n│ -Dear team\n│ +Hello team\n│  Yours\n" in text


def test_a_round_that_was_edited_in_place_is_compared_as_it_was_edited() -> None:
    before = letter("Dear team", **ended("edit", edits={"content": "Hello team"}))
    text = drawn(letter("Hello team"), 60, before)
    assert "Approved with edits by Ana" in text
    assert "The text is the same." in text


def test_json_is_compared_by_its_values_whatever_their_order() -> None:
    one = asked({**ROUND, "context": {"artifact": {"content": {"b": 1, "a": 2}}}})
    other = asked({**ROUND, "context": {"artifact": {"content": {"a": 2, "b": 1}}}})
    assert "The text is the same." in drawn(one, 60, other)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (ended("approve"), "Approved by Ana, 14:03 today (UTC)"),
        ({"status": "expired", "expired_at": "2026-02-20T14:03:00Z"}, "this was skipped."),
        (
            {"status": "cancelled", "cancelled_at": "2026-02-19T14:03:00Z", "reason": "Done by hand."},
            "Closed without an answer, 14:03 yesterday (UTC)\nReason     Done by hand.",
        ),
    ],
)
def test_what_became_of_a_case_is_said(fields: dict[str, Any], words: str) -> None:
    text = drawn(asked(ROUND, **fields), 100)
    assert words in text
    assert "Deadline" not in text


def test_the_answer_is_drawn_with_a_case_that_has_one() -> None:
    text = drawn(
        asked({"type": "input", "prompt": "Where?"}, **ended("submit", city="Lisbon", late=True)), 60
    )
    assert text.endswith("The answer\nCity  Lisbon\nLate  Yes\n")


def test_signs_say_what_colours_say() -> None:
    one = asked({**ROUND, "context": {"diff": "-old\n+new", "risk": "high"}})
    lines = draw(one, now=NOW, width=60)
    coloured = "\n".join(spelt(line, colour=True) for line in lines)
    assert "\x1b[31m-old\x1b[0m" in coloured
    assert "\x1b[1;31m⚠ High, says the agent.\x1b[0m" in coloured
    assert "\x1b" not in drawn(one, 60)


@pytest.mark.parametrize(
    ("environ", "is_terminal", "wanted"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
    ],
)
def test_colours_are_for_terminals_that_have_them(environ, is_terminal: bool, wanted: bool) -> None:
    """no-color.org: set, and not empty."""
    assert wants_colour(environ, is_terminal=is_terminal) is wanted


def test_lines_are_broken_at_spaces_and_wide_characters_count_twice() -> None:
    assert list(broken("one two three", 8)) == ["one two", "three"]
    assert list(broken("abcdefghijkl", 8)) == ["abcdefgh", "ijkl"]
    assert list(broken("    indented", 9)) == ["    inden", "ted"]
    assert list(broken("日本語日本語", 8)) == ["日本語日", "本語"]
    assert (cells("é"), cells("e\u0301"), cells("日"), cells("☁️")) == (1, 1, 2, 2)
    assert (fitted("abcdef", 4), fitted("日本語", 4), fitted("abc", 4)) == ("abc…", "日…", "abc")


def test_what_ends_first_stands_first_and_of_two_the_riskier() -> None:
    def one(prompt: str, until: str, risk: str, **fields: Any) -> Any:
        context = {"risk": risk} if risk else {}
        return asked({"type": "approval", "prompt": prompt, "context": context}, expires_at=until, **fields)

    late, early = "2026-02-20T20:00:00Z", "2026-02-20T18:00:00Z"
    cases = [
        one("gone", early, "high", **ended("approve")),
        one("late", late, "high"),
        one("calm", early, "low"),
        one("plain", early, ""),
        one("grave", early, "critical"),
        one("odd", early, "purple"),
    ]
    assert [case.prompt for case in in_order(cases)] == ["grave", "odd", "plain", "calm", "late", "gone"]


def test_instants_are_said_as_people_say_them() -> None:
    assert moment(NOW + timedelta(days=1), NOW) == "16:00 tomorrow (UTC)"
    assert moment(NOW + timedelta(days=5), NOW) == "16:00 Wed 25 Feb (UTC)"
    assert moment(NOW + timedelta(days=365), NOW) == "16:00 20 Feb 2027 (UTC)"
    assert distance(timedelta(hours=-2)) == "2 h ago"
    assert [units(timedelta(minutes=far)) for far in (0, 5, 60, 61, 1440, 1500)] == [
        "less than 1 min",
        "5 min",
        "1 h",
        "1 h 1 min",
        "1 d",
        "1 d 1 h",
    ]


def test_a_run_without_a_tone_is_spelt_as_it_is() -> None:
    assert spelt((Span("a"), Span("", Tone.STRONG)), colour=True) == "a"
