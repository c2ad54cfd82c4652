"""What an agent asks with, and what it gets back at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict

from openhitl.protocol import questions
from openhitl.protocol.case import Json
from openhitl.protocol.incoming import HitlObject
from openhitl.protocol.incoming_forms import FormSummary, form_summary
from openhitl.protocol.questions import (
    approval,
    confirmation,
    escalation,
    form_input,
    selection,
    text_input,
)

__all__ = [
    "AgentEntry",
    "OpenCase",
    "Terms",
    "approval",
    "confirmation",
    "escalation",
    "form_input",
    "request_body",
    "selection",
    "text_input",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A case that waits for a human: what to show, and where its end is told.

    `review_url` opens the page for whoever holds it. It and the polling addresses may carry tokens:
    do not log them. `default_action` is what the service says to do when nobody answers. `reminder`
    is true where the case is told again because one of `reminder_at` has come. `hitl` is what the
    service sent, for those who draw buttons of their own. `keyed` is true where the case was asked with
    a request_key, or may have been. `sealed` is what an encrypted question was, for checking its answer.
    """

    case_id: str
    type: str
    prompt: str
    review_url: str | None = field(default=None, repr=False)
    poll_url: str = field(repr=False)
    events_url: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    context: Json = field(default_factory=dict, repr=False)
    message: str = ""
    default_action: str = "skip"
    reminder_at: tuple[datetime, ...] = ()
    reminder: bool = False
    hitl: HitlObject | None = field(default=None, repr=False)
    keyed: bool = False
    sealed: object = field(default=None, repr=False)

    @property
    def form(self) -> FormSummary | None:
        """What the form asks for, if there is one."""
        return form_summary(self.context)


class AgentEntry(TypedDict):
    """An agent that belongs to the same people as the caller."""

    id: str
    name: str


class Terms(questions.Terms, total=False):
    """What every kind of question takes.

    message: a longer text beside the prompt. context: more to show (`risk`, `consequences`, `facts`,
    `diff`, `links`, anything). timeout: how long the case stays open, 10 s to 7 d, as `timedelta`,
    "30m" or ISO 8601; the server's default is 24 h. default_action: what the agent will do if nobody
    answers: skip, reject or abort. reminder_at: instants at which to remind. previous_case_id: the
    case that this one follows. metadata: yours alone, never shown. assurance: how sure the server has to
    be of who answers, link, signed_in or passkey; an agent may ask for more than its owners want, not for
    less. assignees: who is asked, by name; else everybody whom the agent belongs to.
    verification_policy: what evidence the answer needs, as HITL v0.8 §7.6 spells it. agent_name: who asks.
    request_key: names the question, 1 to 255 characters; asked again with the same key it is the same
    case, until `wait` has handed its end over (else until an hour after the answer, for a form until the
    deadline). give_up_after: how long this call waits; the case outlives it.
    """

    assurance: str
    assignees: Sequence[str]
    agent_name: str
    request_key: str
    give_up_after: timedelta


def request_body(prompt: str, question: Json, terms: Terms) -> dict[str, Any]:
    """Join a question and its terms to the body of a create request."""
    body = questions.request_body(prompt, question, terms)
    if terms.get("assurance"):
        body["assurance"] = terms["assurance"]
    if terms.get("assignees"):
        body["assignees"] = list(terms["assignees"])
    if terms.get("request_key"):
        body["request_key"] = terms["request_key"]
    return body
