"""The exact JSON for each platform: every kind of question, and every outcome of a press.

HITL v0.8 §7.5, §7.7. The vectors are in tests/vectors/inline, one file a platform.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openhitl.agent.inline import Call, PressOutcome, inline_case
from openhitl.agent.inline.wording import ENGLISH
from openhitl.protocol.incoming import parse_accepted
from tests.agent.inline.asks import REFERENCE, SUBMIT_TOKEN
from tests.agent.inline.limits import check
from tests.agent.inline.platforms import PLATFORMS
from tests.agent.inline.presses import PRESSES, TO

FOLDER = Path(__file__).parents[2] / "vectors" / "inline"
CASES: dict[str, Any] = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))
EXPECTED: dict[str, Any] = {
    platform: json.loads((FOLDER / f"{platform}.json").read_text(encoding="utf-8")) for platform in PLATFORMS
}


def as_json(call: Call) -> dict[str, Any]:
    return {"method": call.method, "path": call.path, "body": json.loads(json.dumps(dict(call.body)))}


def case_named(name: str) -> Any:
    body = {**CASES[name], "hitl": {"submit_token": SUBMIT_TOKEN, **CASES[name]["hitl"]}}
    found = parse_accepted(202, body)
    assert found is not None
    return inline_case(found)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_question_is_exactly_this_message(platform: str, name: str) -> None:
    case = case_named(name)
    reference = REFERENCE if case.actions else None
    call = PLATFORMS[platform].render(case, reference, to=TO[platform], words=ENGLISH)
    check(platform, call)
    assert as_json(call) == EXPECTED[platform]["asks"][name]


@pytest.mark.parametrize("outcome", PressOutcome)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_outcome_is_exactly_these_calls(platform: str, outcome: PressOutcome) -> None:
    press = PLATFORMS[platform].parse(PRESSES[platform](f"hitl:{REFERENCE}:confirm"))
    case = case_named("confirmation") if outcome.changes_message else None
    calls = PLATFORMS[platform].update(case, outcome, press, words=ENGLISH)
    for call in calls:
        check(platform, call)
    assert [as_json(call) for call in calls] == EXPECTED[platform]["updates"][outcome.value]
