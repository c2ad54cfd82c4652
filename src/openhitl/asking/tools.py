"""The tools: names, what they say of themselves, what they take, and what they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcp_types import CallToolResult, InputRequiredResult, Tool, ToolAnnotations

from openhitl.asking.arguments import (
    Approval,
    Arguments,
    Asking,
    Completion,
    Confirmation,
    Form,
    HumanInput,
    Notice,
    Selection,
    WaitFor,
)
from openhitl.asking.calls import Call
from openhitl.asking.results import OUTPUT, ended, pending, text, words
from openhitl.protocol import questions
from openhitl.protocol.case import Json
from openhitl.protocol.questions import headed

A = TypeVar("A", bound=Arguments)
#: An answer, or what the client has to do before there can be one.
ToolResult = CallToolResult | InputRequiredResult
_GOES_ON = (
    " If nobody has answered within a minute, the result is pending: call wait_for_answer with its case_id."
    " Asking the same again joins the open question."
)


@dataclass(frozen=True, slots=True)
class AskingTool(Generic[A]):
    """One tool. `answers_data`: whether its result is data and not the human's words alone."""

    name: str
    title: str
    description: str
    arguments: type[A]
    run: Callable[[Call, A], Awaitable[ToolResult]]
    answers_data: bool = True

    async def call(self, call: Call, given: Json) -> ToolResult:
        """Check the arguments and run. Raises: pydantic.ValidationError for the arguments, HitlError."""
        return await self.run(call, self.arguments.model_validate(given))

    def described(self) -> Tool:
        """Spell the tool for a client."""
        return Tool(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.arguments.schema_told(),
            output_schema=OUTPUT if self.answers_data else None,
            annotations=ToolAnnotations(
                read_only_hint=self.arguments is WaitFor, destructive_hint=False, open_world_hint=True
            ),
        )


async def _request_human_input(call: Call, given: HumanInput) -> ToolResult:
    if given.choices:
        question = questions.selection(given.choices, minimum=1, maximum=1)
    else:
        question = questions.text_input(given.placeholder_text)
    return await _words(call, given, given.prompt, question)


async def _notify_human_completion(call: Call, given: Completion) -> ToolResult:
    return await _words(call, given, given.summary, questions.text_input())


async def _words(call: Call, given: Arguments, said: str, question: Json) -> ToolResult:
    """Ask, and answer with the human's words however long that takes."""
    prompt, message = headed(said)
    terms: questions.Terms = {} if message is None else {"message": message}
    asked = await call.ask(prompt, question, terms, given)
    elicitation = call.elicitation(asked)
    if elicitation is not None:
        return elicitation
    decision = await call.wait(asked, seconds=None)
    assert decision is not None
    return words(asked, decision)


async def _notify_human(call: Call, given: Notice) -> ToolResult:
    await call.line.questioner.notify({"message": given.message}, given.agent_name)
    return text("Notification sent.")


async def _ask(call: Call, given: Asking) -> ToolResult:
    asked = await call.ask(given.prompt, given.question, given.terms, given)
    elicitation = call.elicitation(asked)
    if elicitation is not None:
        return elicitation
    decision = await call.wait_a_while(asked)
    return pending(asked) if decision is None else ended(asked, decision)


async def _wait_for_answer(call: Call, given: WaitFor) -> ToolResult:
    asked = await call.line.questioner.find(given.case_id)
    decision = await call.wait_a_while(asked)
    return pending(asked) if decision is None else ended(asked, decision)


#: Every tool, in the order in which clients list them.
TOOLS: tuple[AskingTool[Any], ...] = (
    AskingTool(
        "request_human_input",
        "Ask a human",
        "Ask a human a question and wait for the answer, which is the result in the human's own words."
        " With choices, the human chooses one of them.",
        HumanInput,
        _request_human_input,
        answers_data=False,
    ),
    AskingTool(
        "notify_human",
        "Tell a human",
        "Tell a human something that wants no answer.",
        Notice,
        _notify_human,
        answers_data=False,
    ),
    AskingTool(
        "notify_human_completion",
        "Report that work is done",
        "Tell a human that work is done, and wait for what the human says to that.",
        Completion,
        _notify_human_completion,
        answers_data=False,
    ),
    AskingTool(
        "request_approval",
        "Ask for approval",
        "Ask a human to approve, edit or reject something before you do it. Go on only if approved is true;"
        " if the action is edit, use what the human made of it." + _GOES_ON,
        Approval,
        _ask,
    ),
    AskingTool(
        "request_selection",
        "Ask for a choice",
        "Ask a human to choose among items; data.selected has the ids, which for texts are the texts."
        + _GOES_ON,
        Selection,
        _ask,
    ),
    AskingTool(
        "request_form",
        "Ask for a form",
        "Ask a human to fill in a form; data has one value for each field's key." + _GOES_ON,
        Form,
        _ask,
    ),
    AskingTool(
        "request_confirmation",
        "Ask for confirmation",
        "Ask a human to confirm or cancel what is about to happen. Go on only if approved is true."
        + _GOES_ON,
        Confirmation,
        _ask,
    ),
    AskingTool(
        "wait_for_answer",
        "Wait for an answer",
        "Wait on for the answer to a question that was pending, by its case_id.",
        WaitFor,
        _wait_for_answer,
    ),
)
