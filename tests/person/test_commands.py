"""`hitl list`, `show` and `answer` as a person, against a real server."""

from __future__ import annotations

import json
import os
import re

import pytest

from openhitl.person.drawing.cells import cells
from openhitl.protocol.case import ref_of
from tests.cli.programs import Programs
from tests.cli.screens import typed_on_screen
from tests.people import SignedInClient
from tests.person.bodies import CHOICES, ESCALATION, FORM, IRREVERSIBLE, RISKY, SELECTION

pytestmark = pytest.mark.anyio


@pytest.fixture
def alone(tmp_path) -> Programs:
    """The programs of somebody who has not signed in."""
    return Programs(tmp_path, {})


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


@pytest.mark.parametrize(
    ("body", "arguments", "data"),
    [
        ({}, ["edit", "--reason", "Smaller steps."], {"feedback": "Smaller steps."}),
        (
            SELECTION,
            ["select", "--choose", "job_1", "--choose", "team lead"],
            {"selected": ["job_1", "job_2"]},
        ),
        (FORM, ["submit", "--field", "city=Lisbon", "--field", "nights=3"], {"city": "Lisbon", "nights": 3}),
        (
            ESCALATION,
            ["retry", "--data", '{"modified_params": {"timeout": 9}}'],
            {"modified_params": {"timeout": 9}},
        ),
    ],
)
async def test_options_become_the_data_of_an_answer(desk, tmp_path, body, arguments, data):
    case_id = desk.ask(body)
    done = await desk.programs(tmp_path, desk.ana).run("answer", case_id, *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["result"] == {"action": arguments[0], "data": data}
    assert desk.answered(case_id)["result"]["data"] == data


async def test_without_a_terminal_a_selection_has_to_name_its_items(desk, tmp_path):
    case_id = desk.ask(SELECTION)
    person = desk.programs(tmp_path, desk.ana)
    done = await person.run("answer", case_id, "select")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: Say which with --choose, by id or title:\n  job_1  ")
    assert "\n  job_2  Team lead\n" in done.err
    desk.answer(desk.ana, case_id, "select", selected=["job_1"])


async def test_data_may_come_by_standard_input(desk, tmp_path):
    case_id = desk.ask(FORM)
    person = desk.programs(tmp_path, desk.ana)
    done = await person.run("answer", case_id, "submit", "--data", "-", stdin='{"city": "Faro"}')
    assert (done.code, done.err) == (0, "")
    assert desk.answered(case_id)["result"]["data"] == {"city": "Faro"}


@pytest.mark.parametrize(
    ("body", "arguments", "code", "words"),
    [
        (
            FORM,
            ["submit", "--field", "nights=12"],
            1,
            "  data.city: This is required.\n  data.nights: ",
        ),
        (FORM, ["submit", "--field", "city"], 1, "A field is given as name=value, which 'city' is not."),
        ({}, ["approve", "--edit"], 2, "--edit goes with the action edit."),
        ({}, ["edit", "--edit"], 1, "This case holds no text to edit."),
        ({}, ["approve", "--data", "[]"], 2, "--data must be a JSON object."),
        ({}, ["approve", "--data", "{"], 2, "--data is not JSON"),
        ({"context": RISKY}, ["approve"], 2, "This is of high risk: give its reference code with --ref."),
        ({"context": RISKY}, ["approve", "--ref", "0000"], 2, "That is not the reference code of this case."),
        (IRREVERSIBLE, ["confirm"], 2, "This cannot be undone: give its reference code with --ref."),
        ({"assurance": "passkey"}, ["approve"], 1, "hint: Open http"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_sent(desk, tmp_path, body, arguments, code, words):
    case_id = desk.ask(body)
    done = await desk.programs(tmp_path, desk.ana).run("answer", case_id, *arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert desk.answered(case_id)["status"] == "pending"


async def test_high_risk_takes_its_reference_code_and_a_no_does_not(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    one, other = desk.ask(context=RISKY), desk.ask(context=RISKY)
    assert (await person.run("answer", one, "approve", "--ref", ref_of(one).lower())).code == 0
    assert (await person.run("answer", other, "reject")).code == 0


async def test_an_edit_by_the_editor_is_sent_as_an_edit(desk, tmp_path):
    """Edit in place is sent as `edit`, never as `approve`."""
    text = {"artifact": {"content": "Dear team", "format": "text"}}
    case_id = desk.ask(context=text)
    person = desk.programs(tmp_path, desk.ana, VISUAL="sed -i 's/Dear team/Hello, you/'", EDITOR="false")
    done = await person.run("answer", case_id, "edit", "--edit")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Approved with edits: ")
    assert desk.answered(case_id)["result"]["data"] == {"edits": {"content": "Hello, you"}}
    same = desk.ask(context=text)
    done = await desk.programs(tmp_path, desk.ana, EDITOR="true").run("answer", same, "edit", "--edit")
    assert (done.code, done.out) == (2, "")
    assert "Nothing was changed, so nothing was sent." in done.err


async def test_whoever_comes_second_is_told_who_was_first(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    case_id = desk.ask()
    desk.answer(desk.bo, case_id, "reject")
    done = await person.run("answer", case_id, "approve")
    assert (done.code, done.out) == (1, "")
    assert re.match(r"error: Rejected by Bo, \d\d:\d\d today \(UTC\)\. Nothing was sent\.\n", done.err)


async def test_a_withdrawn_case_and_a_lost_one_are_told_apart(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    case_id = desk.ask()
    cancelled = desk.server.agent.post(f"/api/v1/reviews/{case_id}/cancel", json={"reason": "Done by hand."})
    assert cancelled.status_code == 200
    done = await person.run("answer", case_id, "approve")
    assert done.code == 12
    assert "Closed without an answer" in done.err
    lost = await person.run("answer", "review_nowhere", "approve")
    assert lost.code == 1
    assert "hint: `hitl list --as person` shows what you may answer" in lost.err


async def test_other_peoples_cases_are_not_shown(desk, tmp_path):
    case_id = desk.ask()
    stranger = desk.programs(tmp_path, desk.cleo)
    shown = await stranger.run("show", case_id, "--as", "person")
    assert (shown.code, shown.out) == (1, "")
    assert "There is no such thing here, or it is not yours." in shown.err
    listed = await stranger.run("list", "--as", "person")
    assert (listed.code, listed.out, listed.err) == (0, "", "Nothing waits for you.\n")


async def test_whoever_is_not_signed_in_is_told_how(desk, alone, tmp_path):
    for arguments in (
        ["list", "--as", "person"],
        ["show", "x", "--as", "person"],
        ["answer", "x", "approve"],
    ):
        done = await alone.run(
            *arguments, HITL_SERVER_URL=desk.server.url, HITL_API_KEY=desk.server.agent_key
        )
        assert (done.code, done.out) == (1, "")
        assert "You are not signed in at http" in done.err
        assert "hint: `hitl signin` signs you in" in done.err
    gone = SignedInClient(desk.ana.person, "hitlu_" + "A" * 43, "", desk.ana.http)
    done = await desk.programs(tmp_path, gone).run("list", "--as", "person")
    assert (done.code, done.out) == (1, "")
    assert "hint: `hitl signin` signs you in" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--as", "person", "--type", "approval"], "--type goes with the cases that an agent made."),
        (["list", "--as", "person", "--status", "pending"], "With --as person, --status is open or ended."),
    ],
)
async def test_options_of_agents_are_no_options_of_people(desk, tmp_path, arguments, words):
    done = await desk.programs(tmp_path, desk.ana).run(*arguments)
    assert done.code == 2
    assert words in done.err


def typed(desk, home, arguments, *, after, keys, then=(), **environment):
    """Run a command on a terminal and type on it."""
    programs = desk.programs(home, desk.ana, TERM="xterm", NO_COLOR="1", **environment)
    given = {"PATH": os.defpath, "HOME": str(home), **programs.environment}
    return typed_on_screen(
        [str(programs.programs / "hitl"), *arguments], given, after=after, keys=keys, then=then
    )


@pytest.mark.parametrize(
    ("body", "action", "after", "keys", "data"),
    [
        (SELECTION, "select", "Which? ", "3\n1 2 1\ny\n", {"selected": ["job_1", "job_2"]}),
        (SELECTION, "select", "Which? ", "\n2\ny\n", {"selected": ["job_2"]}),
        (
            FORM,
            "submit",
            "City: ",
            "\nFaro\ntwelve\n12\n3\nperhaps\ny\ny\n",
            {"city": "Faro", "nights": 3, "late": True},
        ),
        (FORM, "submit", "City: ", "Faro\n\n\nyes\n", {"city": "Faro"}),
        ({}, "edit", "What shall be changed?", " \nSmaller steps.\ny\n", {"feedback": "Smaller steps."}),
        (CHOICES, "submit", "Size", "9\n2\n1, red\ny\n", {"size": "l", "colours": ["blue", "red"]}),
    ],
)
def test_what_is_missing_is_asked_for_on_a_terminal(desk, tmp_path, body, action, after, keys, data):
    case_id = desk.ask(body)
    screen = typed(desk, tmp_path, ["answer", case_id, action], after=after, keys=keys)
    assert screen.code == 0, screen.out
    assert "┌ Written by the agent ─" in screen.out
    assert "Send this? [y/N]" in screen.out
    assert desk.answered(case_id)["result"]["data"] == data


def test_a_no_at_the_end_sends_nothing(desk, tmp_path):
    case_id = desk.ask(SELECTION)
    screen = typed(desk, tmp_path, ["answer", case_id, "select"], after="Which? ", keys="1\nn\n")
    assert screen.code == 130
    assert screen.out.endswith("  Nothing was sent.\n")
    assert desk.answered(case_id)["status"] == "pending"


def test_the_reference_code_is_asked_for_on_a_terminal(desk, tmp_path):
    one, other = desk.ask(context=RISKY), desk.ask(context=RISKY)
    keys = f"no\n{ref_of(one).lower()}\n"
    screen = typed(desk, tmp_path, ["answer", one, "approve"], after="to approve: ", keys=keys)
    assert screen.code == 0, screen.out
    assert "Touches every customer." in screen.out
    refused = typed(desk, tmp_path, ["answer", other, "approve"], after="to approve: ", keys="a\nb\nc\n")
    assert refused.code == 130
    assert desk.answered(other)["status"] == "pending"


def test_words_may_be_written_in_the_editor(desk, tmp_path):
    case_id = desk.ask()
    editor = tmp_path / "my editor"
    editor.write_text('#!/bin/sh\nprintf \'First.\\nSecond.\\n\' > "$2"\nls -l "$2" | cut -c1-10 > "$1"\n')
    editor.chmod(0o700)
    command = f"'{editor}' '{tmp_path}/mode of it'"
    screen = typed(
        desk,
        tmp_path,
        ["answer", case_id, "edit"],
        after="What shall be changed?",
        keys=".\ny\n",
        EDITOR=command,
    )
    assert screen.code == 0, screen.out
    assert desk.answered(case_id)["result"]["data"] == {"feedback": "First.\nSecond."}
    assert (tmp_path / "mode of it").read_text() == "-rw-------\n"


def test_a_secret_is_not_shown_while_it_is_typed(desk, tmp_path):
    fields = [{"key": "pin", "label": "PIN", "type": "text", "sensitive": True, "required": True}]
    case_id = desk.ask({"type": "input", "prompt": "Which PIN?", "context": {"form": {"fields": fields}}})
    then = [("[y/N]", "y\n")]
    screen = typed(desk, tmp_path, ["answer", case_id, "submit"], after="PIN: ", keys="4711\n", then=then)
    assert screen.code == 0, screen.out
    assert "4711" not in screen.out
    assert "PIN  (secret)" in screen.out
    assert desk.answered(case_id)["result"]["data"] == {"pin": "4711"}


@pytest.mark.parametrize("width", ["40", "200"])
async def test_the_terminals_width_is_kept(desk, tmp_path, width):
    case_id = desk.ask(prompt="Approve " + "a very long question " * 10)
    person = desk.programs(tmp_path, desk.ana, COLUMNS=width)
    for arguments in (["show", case_id, "--as", "person"], ["list", "--as", "person"]):
        done = await person.run(*arguments)
        assert max(map(cells, done.out.split("\n"))) <= min(int(width), 100)
    desk.answer(desk.ana, case_id, "reject")
