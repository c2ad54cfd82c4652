"""No prompt, context, address or action makes a message that a platform refuses, or one that leaks.

HITL v0.8 §7.7; the limits are those of `limits`, the platforms' own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openhitl.agent.inline import Call, PressOutcome
from openhitl.agent.inline.case import InlineCase, inline_case
from openhitl.agent.inline.wording import ENGLISH, GERMAN
from tests.agent.inline.asks import REFERENCE, SUBMIT_TOKEN, SUBMIT_URL, ask
from tests.agent.inline.limits import check
from tests.agent.inline.platforms import PLATFORMS
from tests.agent.inline.presses import PRESSES, TO, buttons_of, text_of

HOSTILE = [
    "@everyone", "<!channel>", "<@U0BOB>", "[free](https://evil.example)", "https://evil.example/x",
    "evil.com", "*bold*", "_slanted_", "~~gone~~", "```code```", "\\", "\\\\*", "<b>", "&lt;", "> quote",
    "- item", "# big", "/start", "#tag", "\u202edne", "\u200b", "👩\u200d👧", "𝔘", "<https://evil.example|bank>",
    "||spoiler||", "\n", " ",
]  # fmt: skip
_words = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=40))
_texts = st.one_of(
    st.lists(_words, min_size=1, max_size=12).map(" ".join),
    st.tuples(_words.filter(bool), st.integers(1, 700)).map(lambda pair: pair[0] * pair[1]),
).filter(bool)
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_words, inner, max_size=4)),
    max_leaves=20,
)
_actions = st.one_of(
    st.none(),
    st.lists(
        st.sampled_from(
            ["approve", "reject", "edit", "confirm", "cancel", "retry", "skip", "abort", "x-new"]
        ),
        max_size=12,
    ),
)
_types = st.sampled_from(
    ["approval", "selection", "input", "confirmation", "confirmation", "escalation", "x-odd"]
)


@st.composite
def cases(draw: st.DrawFn) -> InlineCase:
    length = draw(st.one_of(st.integers(0, 300), st.integers(0, 1150)))
    return inline_case(
        ask(
            draw(_types),
            prompt=draw(_texts),
            message=draw(st.one_of(st.just(""), _texts)),
            context=draw(st.dictionaries(_words, _values, max_size=4)),
            inline_actions=draw(_actions),
            review_url="https://shop.example/review/1?token=" + "t" * length,
        )
    )


def rendered(platform: str, case: InlineCase, words: Any) -> Call:
    reference = REFERENCE if case.actions else None
    call: Call = PLATFORMS[platform].render(case, reference, to=TO[platform], words=words)
    return call


def assert_sendable(platform: str, call: Call) -> None:
    check(platform, call)
    everything = json.dumps(dict(call.body), ensure_ascii=False) + call.path
    assert SUBMIT_TOKEN not in everything
    assert SUBMIT_URL not in everything


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases(), words=st.sampled_from([ENGLISH, GERMAN]))
def test_every_message_can_be_sent_and_leads_to_the_page(platform: str, case: InlineCase, words: Any) -> None:
    call = rendered(platform, case, words)
    assert_sendable(platform, call)
    assert case.review_url in text_of(platform, call.body)
    buttons = buttons_of(platform, call.body)
    if buttons:
        assert [data.rpartition(":")[2] for data in buttons.values()] == list(case.actions)
        assert words["more"] not in text_of(platform, call.body), "nobody decides on a part"
    for label, data in buttons.items():
        press = PLATFORMS[platform].parse(PRESSES[platform](data))
        assert (press.reference, words[f"button.{press.action}"]) == (REFERENCE, label)


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    case=cases().filter(lambda case: bool(case.actions)),
    outcome=st.sampled_from(PressOutcome),
    name=_texts,
)
def test_every_update_can_be_sent(platform: str, case: InlineCase, outcome: PressOutcome, name: str) -> None:
    """§7.5 "Agent Behavior" 4–6: closed cases lose buttons and address, open ones keep the address."""
    data = f"hitl:{REFERENCE}:{case.actions[0]}"
    press = PLATFORMS[platform].parse(with_name(platform, PRESSES[platform](data), name))
    calls = PLATFORMS[platform].update(case, outcome, press, words=ENGLISH)
    for call in calls:
        assert_sendable(platform, call)
    if not outcome.changes_message:
        return
    shown = calls[-1]
    assert (case.review_url in text_of(platform, shown.body)) is not outcome.is_final
    if not outcome.may_try_again:
        assert buttons_of(platform, shown.body) == {}


def with_name(platform: str, payload: dict[str, Any], name: str) -> dict[str, Any]:
    """Have a payload say that somebody of this name pressed."""
    match platform:
        case "telegram":
            payload["callback_query"]["from"]["first_name"] = name
        case "slack":
            payload["user"]["name"] = name
        case "discord":
            payload["member"]["nick"] = name
        case "whatsapp":
            payload["entry"][0]["changes"][0]["value"]["contacts"][0]["profile"]["name"] = name
        case _:
            payload["from"]["name"] = name
    return payload


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_question_that_does_not_fit_is_not_decided_in_the_chat(platform: str) -> None:
    longer = inline_case(ask("confirmation", context={"log": "line\n" * 1000}))
    assert longer.details is not None
    # Only a card of Teams is that large.
    assert buttons_of(platform, rendered(platform, longer, ENGLISH).body) == {}
    longest = inline_case(ask("confirmation", context={"log": "x" * 100_000}))
    assert longest.details is None
    body = rendered(platform, longest, ENGLISH).body
    assert buttons_of(platform, body) == {}
    assert ENGLISH["more"] in text_of(platform, body).replace("\\", "")
