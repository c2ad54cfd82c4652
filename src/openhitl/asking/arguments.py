"""What the tools take. The JSON Schemas that clients are told derive from this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from openhitl.protocol import questions
from openhitl.protocol.case import Json

_Prompt = Annotated[str, Field(min_length=1, description="The question, in one sentence or two.")]
_Choices = Annotated[
    list[str] | None, Field(description="Answers to choose one from; without, the human writes freely.")
]
_Placeholder = Annotated[str | None, Field(description="Grey text in the empty answer field.")]
_AgentName = Annotated[str | None, Field(description="Who asks, as the human reads it.")]
_Item = str | dict[str, Any]


class Arguments(BaseModel):
    """Arguments of any tool; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def schema_told(cls) -> dict[str, Any]:
        """Spell the JSON Schema, without what the code says of itself."""
        schema = cls.model_json_schema()
        return {name: part for name, part in schema.items() if name not in ("title", "description")}


class HumanInput(Arguments):
    """Of `request_human_input`."""

    prompt: _Prompt
    choices: _Choices = None
    placeholder_text: _Placeholder = None
    agent_name: _AgentName = None


class Notice(Arguments):
    """Of `notify_human`."""

    message: Annotated[str, Field(min_length=1, description="What the human should know.")]
    agent_name: _AgentName = None


class Completion(Arguments):
    """Of `notify_human_completion`."""

    summary: Annotated[str, Field(min_length=1, description="What was done.")]
    agent_name: _AgentName = None


class Asking(Arguments, ABC):
    """What every question of our own takes."""

    prompt: _Prompt
    message: Annotated[str | None, Field(description="More text, shown beside the question.")] = None
    context: Annotated[
        dict[str, Any] | None,
        Field(
            description="More to show: risk {level, reasons}, consequences {approve, deny, expire}, facts,"
            " diff, links; anything else as key and value."
        ),
    ] = None
    timeout: Annotated[
        str | None,
        Field(description="How long the question stays open: 10 s to 7 d, as in 30m; usually 24h."),
    ] = None
    default_action: Annotated[
        str | None, Field(description="What you will do if nobody answers: skip, reject or abort.")
    ] = None
    agent_name: _AgentName = None
    request_key: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="Names this question: asked again with the same key before it was answered, it is"
            " the same question. Without a key, the arguments are compared.",
        ),
    ] = None

    @property
    def terms(self) -> questions.Terms:
        """What is said beside the prompt."""
        terms: questions.Terms = {"context": self.context or {}}
        if self.message is not None:
            terms["message"] = self.message
        if self.timeout is not None:
            terms["timeout"] = self.timeout
        if self.default_action is not None:
            terms["default_action"] = self.default_action
        return terms

    @property
    @abstractmethod
    def question(self) -> Json:
        """The kind of question and what belongs to it."""


class Approval(Asking):
    """Of `request_approval`."""

    artifact: Annotated[
        str | dict[str, Any] | None,
        Field(description="What is to be approved: its text, or {title, content, format, metadata}."),
    ] = None

    @property
    def question(self) -> Json:
        return questions.approval(self.artifact)


class Selection(Asking):
    """Of `request_selection`."""

    choices: Annotated[
        list[_Item],
        Field(min_length=1, description="Texts, or items {id, title, description, metadata}."),
    ]
    minimum: Annotated[int | None, Field(description="How many must be chosen, at least.")] = None
    maximum: Annotated[int | None, Field(description="How many may be chosen, at most.")] = None

    @property
    def question(self) -> Json:
        return questions.selection(self.choices, minimum=self.minimum, maximum=self.maximum)


class Form(Asking):
    """Of `request_form`."""

    fields: Annotated[
        list[dict[str, Any]],
        Field(
            min_length=1,
            description="Fields of the form, each {key, label, type, required?, options?, …}; types are text,"
            " textarea, number, date, email, url, boolean, select, multiselect, range.",
        ),
    ]

    @property
    def question(self) -> Json:
        return questions.form_input(self.fields)


class Confirmation(Asking):
    """Of `request_confirmation`."""

    items: Annotated[
        list[_Item] | None, Field(description="What will happen, one by one: texts or items {id, title}.")
    ] = None
    irreversible: Annotated[bool, Field(description="Whether it cannot be undone.")] = False
    partial: Annotated[bool, Field(description="Whether some of the items may be confirmed alone.")] = False

    @property
    def question(self) -> Json:
        return questions.confirmation(self.items or (), irreversible=self.irreversible, partial=self.partial)


class WaitFor(Arguments):
    """Of `wait_for_answer`."""

    case_id: Annotated[str, Field(min_length=1, max_length=100, description="As an earlier result named it.")]
