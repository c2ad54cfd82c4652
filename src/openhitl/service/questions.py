"""What a service asks: one builder for each review type. HITL v0.8 §6, §10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Unpack

from openhitl.errors import InvalidType
from openhitl.protocol import questions
from openhitl.protocol.case import Json
from openhitl.protocol.questions import Terms as CommonTerms
from openhitl.review.samples import SAMPLES


class Terms(CommonTerms, total=False):
    """What every question of a service takes beside its prompt: what an agent's does, and one more.

    inline_actions: what may be answered with the submit token, from a button in a chat; all actions of
    an approval, confirmation or escalation unless you say so.
    """

    inline_actions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be asked; `body` is what a create request would say."""

    body: Json


def approval(prompt: str, artifact: str | Json | None = None, **terms: Unpack[Terms]) -> Question:
    """Ask for a yes, a no or changes to an artifact: its text, or title, content, format, metadata."""
    return _question(prompt, questions.approval(artifact), terms)


def selection(
    prompt: str,
    items: Sequence[str | Json],
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    **terms: Unpack[Terms],
) -> Question:
    """Ask for a choice among items; a plain string is both the item's id and its title.

    Raises: InvalidRequest if two plain strings are the same.
    """
    return _question(prompt, questions.selection(items, minimum=minimum, maximum=maximum), terms)


def form(prompt: str, form: Json | Sequence[Json], **terms: Unpack[Terms]) -> Question:
    """Ask for a form: `{"fields": […]}`, `{"steps": […]}`, or just the list of fields."""
    return _question(prompt, questions.form_input(form), terms)


def confirmation(
    prompt: str,
    items: Sequence[str | Json] = (),
    *,
    irreversible: bool = False,
    partial: bool = False,
    **terms: Unpack[Terms],
) -> Question:
    """Ask to confirm or cancel; `partial` lets the human confirm some of the items only."""
    question = questions.confirmation(items, irreversible=irreversible, partial=partial)
    return _question(prompt, question, terms)


def escalation(
    prompt: str, error: str | Json, *, params: Json | None = None, **terms: Unpack[Terms]
) -> Question:
    """Ask what to do about an error: retry (with other `params` perhaps), skip or abort."""
    return _question(prompt, questions.escalation(error, params=params), terms)


def sample(review_type: str) -> Question:
    """Return the sample question of a type, for a demo. Raises: InvalidType."""
    body = SAMPLES.get(review_type)
    if body is None:
        raise InvalidType(valid_types=sorted(SAMPLES))
    return Question(body)


def _question(prompt: str, question: Json, terms: Terms) -> Question:
    body = questions.request_body(prompt, question, terms)
    if "inline_actions" in terms:
        body["inline_actions"] = list(terms["inline_actions"])
    return Question(body)
