"""`hitl request` and `hitl status` against a scripted service: what goes where, and exit codes."""

import asyncio
import json

import pytest

from tests.agent.peer import CASE_ID, Fault

pytestmark = pytest.mark.anyio


async def test_the_chosen_label_alone_is_on_stdout(peer, asking):
    arguments = ("--prompt", "Deploy?", "--choice", "Staging", "--choice", "Production")
    async with asking.start("request", *arguments) as running:
        await peer.saw("events")
        await peer.complete("select", {"selected": ["Production"]})
        done = await running.ends()
    assert (done.code, done.out) == (0, "Production\n")
    assert f"{peer.url}/review/{CASE_ID}?token=t" in done.err
    assert peer.seen[0].body == {
        "type": "selection",
        "prompt": "Deploy?",
        "context": {
            "items": [{"id": "Staging", "title": "Staging"}, {"id": "Production", "title": "Production"}],
            "min": 1,
            "max": 1,
        },
    }


async def test_without_choices_the_words_are_printed(peer, asking):
    async with asking.start("request", "--prompt", "Which?", "--placeholder-text", "main") as running:
        await peer.saw("events")
        await peer.complete("submit", {"answer": "the blue one"})
        done = await running.ends()
    assert (done.code, done.out) == (0, "the blue one\n")
    assert peer.seen[0].body["context"]["form"]["fields"][0]["placeholder"] == "main"


@pytest.mark.parametrize(
    ("review_type", "action", "code"),
    [
        ("approval", "approve", 0),
        ("approval", "reject", 10),
        ("approval", "edit", 10),
        ("confirmation", "confirm", 0),
        ("confirmation", "cancel", 10),
        ("escalation", "retry", 0),
        ("escalation", "skip", 0),
        ("escalation", "abort", 10),
    ],
)
async def test_the_action_is_printed_and_only_a_yes_is_success(peer, asking, review_type, action, code):
    async with asking.start("request", "--prompt", "Go?", "--type", review_type) as running:
        await peer.saw("events")
        await peer.complete(action, {})
        done = await running.ends()
    assert (done.code, done.out) == (code, f"{action}\n")


async def test_the_reason_of_a_no_is_on_stderr(peer, asking):
    async with asking.start("request", "--prompt", "Go?", "--type", "approval") as running:
        await peer.saw("events")
        await peer.complete("reject", {"feedback": "Not on a Friday"})
        done = await running.ends()
    assert done.out == "reject\n"
    assert "Not on a Friday" in done.err


async def test_a_form_is_read_from_stdin_and_answered_as_json(peer, asking):
    form = {"fields": [{"key": "amount", "label": "Amount", "type": "number"}]}
    context = json.dumps({"form": form, "facts": {"budget": 100}})
    async with asking.start("request", "--prompt", "How much?", "--context", "-", stdin=context) as running:
        await peer.saw("events")
        await peer.complete("submit", {"amount": 12.5})
        done = await running.ends()
    assert json.loads(done.out) == {"amount": 12.5}
    assert peer.seen[0].body["type"] == "input"
    assert peer.seen[0].body["context"] == {"form": form, "facts": {"budget": 100}}


async def test_json_prints_the_whole_decision(peer, asking):
    async with asking.start("request", "--prompt", "Go?", "--type", "approval", "--json") as running:
        await peer.saw("events")
        await peer.complete("edit", {"edits": {"content": "changed"}}, responded_by={"name": "alice"})
        done = await running.ends()
    assert json.loads(done.out) == {
        "case_id": CASE_ID,
        "type": "approval",
        "outcome": "answered",
        "action": "edit",
        "data": {"edits": {"content": "changed"}},
        "answer": "edit",
        "responded_by": {"name": "alice"},
    }


@pytest.mark.parametrize(
    ("status", "data", "code", "words"),
    [
        ("expired", {"default_action": "skip"}, 11, "Default action: skip"),
        ("cancelled", {"reason": "Wrong repository"}, 12, "Wrong repository"),
    ],
)
async def test_no_answer_prints_nothing_on_stdout(peer, asking, status, data, code, words):
    async with asking.start("request", "--prompt", "Go?", "--timeout", "30m") as running:
        await peer.saw("events")
        await peer.advance(status, **data)
        done = await running.ends()
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert peer.seen[0].body["timeout"] == "30m"


async def test_ctrl_c_leaves_the_case_open_and_says_how_to_go_on(peer, asking):
    async with asking.start("request", "--prompt", "Go?", "--type", "approval") as running:
        await peer.saw("events")
        running.interrupt()
        interrupted = await running.ends()
    assert (interrupted.code, interrupted.out) == (130, "")
    assert f"hitl status {CASE_ID} --wait" in interrupted.err
    assert peer.status == "pending"
    async with asking.start("status", CASE_ID, "--wait") as running:
        await peer.saw("events", 2)
        await peer.complete("approve")
        done = await running.ends()
    assert (done.code, done.out) == (0, "approve\n")


async def test_status_without_wait_is_one_word(peer, asking):
    peer.created = {"type": "approval", "prompt": "Go?"}
    done = await asking.run("status", CASE_ID)
    assert (done.code, done.out) == (0, "pending\n")
    assert "left" in done.err


async def test_show_prints_what_the_creator_may_see(peer, asking):
    peer.created = {"type": "approval", "prompt": "Go\x1b[2J?", "context": {"facts": {"a": 1}}}
    done = await asking.run("show", CASE_ID, "--json")
    assert json.loads(done.out)["context"] == {"facts": {"a": 1}}
    plain = await asking.run("show", CASE_ID)
    assert "\x1b" not in plain.out
    assert "Go" in plain.out


async def test_started_as_hitl_cli_stdout_has_the_old_lines(peer, asking):
    arguments = ("--prompt", "Deploy?", "--choice", "Yes", "--choice", "No", "--agent-id", "a1")
    async with asking.start("request", *arguments, program="hitl-cli") as running:
        await peer.saw("events")
        await peer.complete("select", {"selected": ["Yes"]})
        done = await running.ends()
    assert done.code == 0
    assert done.out == (
        "Sending request: Deploy?\n"
        "Choices: ['Yes', 'No']\n"
        "\n"
        "Waiting for human response...\n"
        "\n"
        "Human response received: Yes\n"
    )


async def test_errors_are_error_and_hint_on_stderr(peer, asking):
    problem = {"error": "invalid_request", "message": "prompt has more than 500 characters."}
    peer.fail("create", Fault(status=422, body=problem))
    done = await asking.run("request", "--prompt", "x")
    assert (done.code, done.out) == (1, "")
    assert "error: prompt has more than 500 characters.\n" in done.err
    assert "Traceback" not in done.err


async def test_a_refusal_names_every_field_that_was_wrong(peer, asking):
    wrong = [{"path": "timeout", "message": "A duration is written like 30m."}, "odd", {"path": "prompt"}]
    problem = {"error": "invalid_request", "message": "One or more fields are not valid.", "errors": wrong}
    peer.fail("create", Fault(status=422, body=problem))
    done = await asking.run("request", "--prompt", "x", "--timeout", "soon")
    assert done.err.startswith(
        "error: One or more fields are not valid.\n  timeout: A duration is written like 30m.\n"
    )


async def test_a_case_that_is_not_found_comes_with_the_way_to_those_that_are(peer, asking):
    peer.fail("show", Fault(status=404, body={"error": "not_found", "message": "There is no such thing."}))
    done = await asking.run("status", "review_nobody")
    assert done.code == 1
    assert "hint: `hitl list`" in done.err


async def test_the_hint_is_the_help_of_the_command_that_was_meant(asking):
    assert (await asking.run("admin", "new-key")).err.endswith("hint: hitl admin new-key --help\n")
    assert (await asking.run("admin")).err == "error: Missing command.\nhint: hitl admin --help\n"
    done = await asking.run("request", "--prompt", "x", "--context", "missing.json")
    assert "error: --context: missing.json: No such file or directory.\n" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("request",),
        ("request", "--prompt", "x", "--type", "nonsense"),
        ("request", "--prompt", "x", "--frobnicate"),
        ("status",),
        ("nonsense",),
        (),
    ],
)
async def test_wrong_usage_is_exit_code_2(asking, arguments):
    done = await asking.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--choice", "A", "--choice", "A"),
        ("--choice", "A", "--type", "approval"),
        ("--context", "missing.json"),
        ("--context", "-"),
    ],
)
async def test_a_question_that_makes_no_sense_is_never_sent(peer, asking, arguments):
    done = await asking.run("request", "--prompt", "x", *arguments, stdin="[1]")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert peer.seen == []


async def test_two_requests_at_once_are_two_waits(peer, asking):
    async with (
        asking.start("request", "--prompt", "Go?", "--type", "approval") as one,
        asking.start("request", "--prompt", "Go?", "--type", "approval") as other,
    ):
        await peer.saw("events", 2)
        await peer.complete("approve")
        done = await asyncio.gather(one.ends(), other.ends())
    assert [transcript.out for transcript in done] == ["approve\n", "approve\n"]


async def test_the_page_opens_in_a_browser_whose_noise_stays_off_stdout(peer, asking):
    browser = asking.home / "browser"
    browser.write_text('#!/bin/sh\necho "Opening in existing session."\necho "$1" > "$HOME/opened"\n')
    browser.chmod(0o755)
    arguments = ("request", "--prompt", "Go?", "--type", "approval")
    async with asking.start(*arguments, BROWSER=f"{browser} %s") as running:
        await peer.saw("events")
        await peer.complete("approve")
        done = await running.ends()
    assert done.out == "approve\n"
    assert "Opened in your browser." in done.err
    assert (asking.home / "opened").read_text() == f"{peer.url}/review/{CASE_ID}?token=t\n"


async def test_a_reminder_is_said_once(peer, asking):
    async with asking.start("request", "--prompt", "Go?", "--type", "approval") as running:
        await peer.saw("events")
        await peer.advance("reminder", reminder_at="2026-02-20T22:00:00Z")
        await running.says("Reminder: it is still open at")
        await peer.advance("reminder", reminder_at="2026-02-20T22:00:00Z")
        await peer.complete("approve")
        done = await running.ends()
    assert done.err.count("Reminder") == 1


async def test_no_open_only_prints_the_address(peer, asking):
    async with asking.start("request", "--prompt", "Go?", "--no-open", BROWSER="false %s") as running:
        await peer.saw("events")
        assert "ssh -L" in running.err


async def test_who_may_answer_is_said_with_the_question(peer, asking):
    who = ("--assurance", "passkey", "--assignee", "Ana", "--assignee", "Bo")
    async with asking.start("request", "--prompt", "Go?", "--type", "approval", *who) as running:
        await peer.saw("events")
        await peer.complete("approve", {})
        assert (await running.ends()).code == 0
    assert peer.seen[0].body["assurance"] == "passkey"
    assert peer.seen[0].body["assignees"] == ["Ana", "Bo"]
