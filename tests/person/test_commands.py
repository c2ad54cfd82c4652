"""`hitl list`, `show` and `answer` as a person, against a real server."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.anyio

RISKY = {"risk": {"level": "high", "reasons": ["Touches every customer."]}}
ITEMS = [{"id": "job_1", "title": "Staff engineer"}, {"id": "job_2", "title": "Team lead"}]
SELECTION = {"type": "selection", "prompt": "Which jobs?", "context": {"items": ITEMS, "min": 1, "max": 2}}
FORM = {
    "type": "input",
    "prompt": "Where and when?",
    "context": {
        "form": {
            "fields": [
                {"key": "city", "label": "City", "type": "text", "required": True},
                {"key": "nights", "label": "Nights", "type": "number", "validation": {"min": 1, "max": 9}},
                {"key": "late", "label": "Late arrival", "type": "boolean"},
            ]
        }
    },
}


async def test_what_waits_is_listed_and_shown(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    case_id = desk.ask(prompt="Deploy web-shop v2.1.0?", context={"version": "2.1.0"})
    listed = await person.run("list", "--as", "person")
    assert (listed.code, listed.err) == (0, "")
    assert f"  {case_id}\n" in listed.out
    assert "Deploy web-shop v2.1.0?" in listed.out
    told = json.loads((await person.run("list", "--as", "person", "--status", "open", "--json")).out)
    assert case_id in [one["case_id"] for one in told]
    shown = await person.run("show", case_id, "--as", "person")
    assert shown.out.startswith(f"Approval  ref {case_id[-4:].upper()}\n")
    assert "│ Version  2.1.0\n" in shown.out


async def test_an_answer_reaches_the_agent_and_is_said_in_one_line(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    case_id = desk.ask()
    done = await person.run("answer", case_id, "reject", "--reason", "Not before Monday.")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"Rejected: Deploy web-shop v2.1.0 to production? (ref {case_id[-4:].upper()})\n"
    told = desk.answered(case_id)
    assert (told["result"]["action"], told["result"]["data"]) == (
        "reject",
        {"feedback": "Not before Monday."},
    )
    assert told["responded_by"]["name"] == "Ana"
