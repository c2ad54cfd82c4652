"""The server zone: who asks what, until when, and what happens if nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from openhitl.protocol.case import DefaultAction
from openhitl.review.pages import render_review
from tests.pages.leaves import page_text
from tests.pages.samples import NAMES, NOW, made, sample, view


@pytest.mark.parametrize("name", NAMES)
def test_every_open_page_says_who_asks_until_when_and_what_silence_does(name: str) -> None:
    stored = sample(name)
    text = page_text(render_review(view(stored)).html)
    assert stored.content.agent in text
    assert stored.content.prompt in text
    assert "ref 7F3K" in text
    assert "19:00 today (UTC)" in text
    assert "in 3 hours" in text
    assert "If nobody answers" in text
    assert "Written by the agent" in text


@pytest.mark.parametrize(
    ("default", "said"),
    [
        (DefaultAction.SKIP, "If nobody answers, this is skipped."),
        (DefaultAction.REJECT, "If nobody answers, this is rejected automatically."),
        (DefaultAction.ABORT, "If nobody answers, the agent stops."),
        (DefaultAction.APPROVE, "If nobody answers, this is approved automatically."),
    ],
)
def test_the_default_action_is_said_in_words(default: DefaultAction, said: str) -> None:
    assert said in page_text(render_review(view(made("approval", "Go?", {}, default=default))).html)


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(minutes=5), "16:05 today (UTC), in 5 minutes"),
        (timedelta(hours=9), "01:00 tomorrow (UTC), in 9 hours"),
        (timedelta(days=4), "16:00 Tue 24 Feb (UTC), in 4 days"),
        (timedelta(seconds=30), "16:00 today (UTC), in 30 seconds"),
    ],
)
def test_deadlines_are_absolute_with_zone_and_relative(distance: timedelta, said: str) -> None:
    stored = made("approval", "Go?", {}, expires_at=NOW + distance)
    assert said in page_text(render_review(view(stored)).html)


def test_a_known_zone_replaces_utc() -> None:
    html = render_review(view(sample("approval"), zone="Europe/Berlin")).html
    assert "20:00 today (Berlin)" in page_text(html)


@pytest.mark.parametrize(
    ("risk", "said", "tone"),
    [
        (
            {"risk": {"level": "high", "reasons": ["Drops a table"]}},
            "High risk. Drops a table",
            "tone-danger",
        ),
        ({"risk_tier": "low"}, "Low risk", "tone-plain"),
        ({"risk_assessment": "medium"}, "Medium risk", "tone-warn"),
        ({"risk": {"level": "odd"}}, "Risk: odd", "tone-warn"),
    ],
)
def test_risk_is_said_by_word_and_tone(risk: dict[str, object], said: str, tone: str) -> None:
    html = render_review(view(made("approval", "Go?", dict(risk)))).html
    assert said in page_text(html)
    assert tone in html


def test_consequences_are_said_for_yes_no_and_silence() -> None:
    given = {"approve": "It goes live.", "deny": "It stays.", "expire": "It is dropped."}
    text = page_text(render_review(view(made("approval", "Go?", {"consequences": given}))).html)
    assert "If you say yes It goes live." in text
    assert "If you say no It stays." in text
    assert "If nobody answers It is dropped." in text


def test_prompts_that_name_the_object_put_it_on_the_button() -> None:
    html = render_review(view(sample("approval"))).html
    assert ">Approve deployment</button>" in html


@pytest.mark.parametrize(
    "prompt",
    ["Ship it?", "Approve of everything", "Approve " + "x" * 60, "Approve \u202esomething", "Approve"],
)
def test_other_prompts_leave_the_button_to_the_standard_verb(prompt: str) -> None:
    assert ">Approve as shown</button>" in render_review(view(made("approval", prompt, {}))).html
