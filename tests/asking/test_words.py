"""The tools that hitl-cli knows by name: what they return is the human's words, or an error."""

from __future__ import annotations

import pytest

from tests.asking.clients import Waiting, connected, said, text_of

pytestmark = pytest.mark.anyio


async def test_a_choice_is_answered_with_its_label(server, mode):
    asking = {"prompt": "Which way?", "choices": ["To the left", "To the right"]}
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_human_input", asking).asked()
        assert server.human.open["type"] == "selection"
        server.human.answer("select", selected=["To the right"])
        assert said(await waiting.result) == "To the right"


async def test_free_text_is_answered_with_the_words_exactly(server, mode):
    words = "  Not on a Friday.\n\n„Nie“ — \u200bever. "
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(
            client, "request_human_input", {"prompt": "When?", "placeholder_text": "A day"}
        ).asked()
        [field] = server.human.open["context"]["form"]["fields"]
        assert (field["key"], field["type"], field["placeholder"]) == ("answer", "textarea", "A day")
        server.human.answer("submit", answer=words)
        assert said(await waiting.result) == words


async def test_what_a_long_text_says_is_asked_whole(server):
    """A prompt has 500 characters at most; what agents say of their work has more."""
    summary = "I have renamed the tables. " * 40
    async with connected(server.url, server.key) as client:
        waiting = await Waiting(client, "notify_human_completion", {"summary": summary}).asked()
        case = server.human.open
        assert (case["type"], case["message"]) == ("input", summary)
        assert summary.startswith(case["prompt"].removesuffix("…"))
        server.human.answer("submit", answer="Well done.")
        assert said(await waiting.result) == "Well done."


async def test_waiting_shows_that_it_goes_on(server, mode):
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_human_input", {"prompt": "When?"}).asked(beats=3)
        server.human.answer("submit", answer="Now.")
        assert said(await waiting.result) == "Now."
        shown = [progress for progress, _ in waiting.beats]
        assert shown == sorted(set(shown))


async def test_a_refusal_to_answer_is_an_error_with_its_reason(server, mode):
    async with connected(server.url, server.key, mode) as client:
        waiting = await Waiting(client, "request_human_input", {"prompt": "When?"}).asked()
        server.human.decline("Ask somebody else.")
        result = await waiting.result
        assert result.is_error
        assert "cancelled: Ask somebody else." in text_of(result)


@pytest.mark.parametrize(
    ("tool", "arguments", "wrong"),
    [
        ("request_human_input", {}, "prompt"),
        ("request_human_input", {"prompt": "x", "promt": "y"}, "promt"),
        ("request_human_input", {"prompt": "x", "choices": "left"}, "choices"),
        ("request_human_input", {"prompt": "x", "choices": ["a", "a"]}, "Two choices are the same."),
        ("request_human_input", {"prompt": "x\0"}, "NUL"),
        ("request_human_input", {"prompt": " "}, "blank"),
        ("notify_human", {"message": "x" * 2_001}, "message"),
    ],
)
async def test_wrong_arguments_are_an_error_that_names_them(server, mode, tool, arguments, wrong):
    async with connected(server.url, server.key, mode) as client:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert wrong in text_of(result)
        assert server.human.cases() == []
