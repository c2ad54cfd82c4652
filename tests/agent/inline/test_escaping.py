"""Text of an agent, or the name of whoever pressed, is never a link, a mention or formatting.

Each platform's markup is read here as the platform reads it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhitl.agent.inline import PressOutcome
from openhitl.agent.inline.case import InlineCase, inline_case
from openhitl.agent.inline.wording import ENGLISH
from tests.agent.inline.asks import REFERENCE, REVIEW_URL, ask
from tests.agent.inline.platforms import PLATFORMS
from tests.agent.inline.presses import PRESSES, TO, text_of
from tests.agent.inline.test_limits import HOSTILE, with_name

_hostile = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=6).map("".join)


def bodies(platform: str, case: InlineCase, name: str) -> list[Any]:
    """Render a case, and its updates after presses by somebody of that name."""
    module = PLATFORMS[platform]
    press = module.parse(with_name(platform, PRESSES[platform](f"hitl:{REFERENCE}:confirm"), name))
    calls = [module.render(case, REFERENCE, to=TO[platform], words=ENGLISH)]
    for outcome in (PressOutcome.ACCEPTED, PressOutcome.NOT_INLINE):
        calls += module.update(case, outcome, press, words=ENGLISH)
    return [call.body for call in calls]


def hostile_case(prompt: str, context: str) -> InlineCase:
    return inline_case(ask("confirmation", prompt=prompt, message=prompt, context={prompt: context}))


def telegram_markup(body: Any) -> str:
    """Return what Telegram searches for links, mentions and commands: all but `pre` and `code`."""
    assert "parse_mode" not in body
    raw = body["text"].encode("utf-16-le")
    for entity in body.get("entities", ()):
        if entity["type"] in ("pre", "code"):
            start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            raw = raw[:start] + b"." * (end - start) + raw[end:]
    return raw.decode("utf-16-le", "replace")


@settings(max_examples=150, deadline=None)
@given(prompt=_hostile, context=_hostile, name=_hostile)
def test_telegram_searches_none_of_it(prompt: str, context: str, name: str) -> None:
    for body in bodies("telegram", hostile_case(prompt, context), name):
        if "text" in body:
            left = telegram_markup(body)
            for words in ENGLISH.values():
                left = left.replace(words, "")
            assert not re.search(r"://|evil|[@#/*_<]", left), left


@settings(max_examples=150, deadline=None)
@given(prompt=_hostile, context=_hostile, name=_hostile)
def test_slack_reads_none_of_it_as_mrkdwn(prompt: str, context: str, name: str) -> None:
    for body in bodies("slack", hostile_case(prompt, context), name):
        assert "mrkdwn" not in str(body)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", body["text"])
        assert (body["parse"], body["link_names"]) == ("none", False)


def discord_markup(content: str) -> str:
    """Return what Discord reads as markup: a backslash takes the meaning from the sign after it."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "", content)


@settings(max_examples=150, deadline=None)
@given(prompt=_hostile, context=_hostile, name=_hostile)
def test_discord_reads_none_of_it_as_markdown(prompt: str, context: str, name: str) -> None:
    for body in bodies("discord", hostile_case(prompt, context), name):
        heading, rest = discord_markup(body["content"]).split("\n\n", 1)
        assert heading == "**Confirmation needed**"
        bare = "\n".join(line.removeprefix("> ") for line in rest.split("\n"))
        assert not re.search(r"[!-/:-@\[-`{-~]", bare), bare
        assert body["allowed_mentions"] == {"parse": []}


@settings(max_examples=150, deadline=None)
@given(prompt=_hostile, context=_hostile, name=_hostile)
def test_whatsapp_finds_no_link_and_no_formatting_in_it(prompt: str, context: str, name: str) -> None:
    for body in bodies("whatsapp", hostile_case(prompt, context), name):
        text = text_of("whatsapp", body).removeprefix("*Confirmation needed*").replace(REVIEW_URL, "")
        assert not re.search(r"://|\w\.[a-z]{2}|[*~`]|\b_|_\b", text), text
        for line in text.splitlines():
            assert not re.match(r"\s*(?:[-*>#]|\d+\.) ", line), line


@settings(max_examples=150, deadline=None)
@given(prompt=_hostile, context=_hostile, name=_hostile)
def test_teams_has_it_in_text_runs_only(prompt: str, context: str, name: str) -> None:
    for body in bodies("teams", hostile_case(prompt, context), name):
        card = body["attachments"][0]["content"]
        heading, box, *ours = card["body"]
        blocks = [heading, *box["items"], *ours]
        assert {block["type"] for block in blocks} == {"RichTextBlock"}
        assert {run["type"] for block in blocks for run in block["inlines"]} == {"TextRun"}
        assert "evil" not in str(card["actions"])


@pytest.mark.parametrize(
    ("platform", "shown"),
    [
        ("telegram", "Pay v2.1 to a_b*c@d.example at https://x.example? ⟦U+202E⟧"),
        ("slack", "Pay v2.1 to a_b*c@d.example at https://x.example? ⟦U+202E⟧"),
        ("discord", r"Pay v2\.1 to a\_b\*c\@d\.example at https\:\/\/x\.example\? ⟦U\+202E⟧"),
        ("whatsapp", "Pay v2.1 to a_b∗c@d[.]example at https[:]//x[.]example? ⟦U+202E⟧"),
        ("teams", "Pay v2.1 to a_b*c@d.example at https://x.example? ⟦U+202E⟧"),
    ],
)
def test_the_words_stay_readable(platform: str, shown: str) -> None:
    case = inline_case(ask(prompt="Pay v2.1 to a_b*c@d.example at https://x.example? \u202e"))
    assert shown in text_of(platform, bodies(platform, case, "Alice")[0])


@pytest.mark.parametrize("platform", ["telegram", "discord", "whatsapp", "teams"])
def test_text_that_poses_as_the_outcome_stands_in_the_box_of_the_question(platform: str) -> None:
    case = inline_case(ask(prompt="Pay?\r\n\r\nConfirmed by Bob"))
    body = bodies(platform, case, "Alice")[0]
    match platform:
        case "telegram":
            assert "Confirmed" not in telegram_markup(body)
        case "discord" | "whatsapp":
            (line,) = [line for line in text_of(platform, body).splitlines() if "Confirmed" in line]
            assert line.startswith(("> ", "│ "))
        case _:
            heading, box, *ours = body["attachments"][0]["content"]["body"]
            assert "Confirmed" in str(box)
            assert "Confirmed" not in str([heading, *ours])
