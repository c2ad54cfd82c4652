"""What is asked, as the body of a create request, built from plain values. HITL v0.8 §6, §10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from openhitl.errors import InvalidRequest
from openhitl.protocol.case import MAX_PROMPT_CHARACTERS, SEALED_TYPE, Json
from openhitl.protocol.timestamps import timestamp

#: The one field of a free-text question.
ANSWER_KEY = "answer"
#: What an item's id may hold. A plain choice is its own id, if need be only the start of it.
MAX_ID_CHARACTERS = 200


class Terms(TypedDict, total=False):
    """What every question may say beside its prompt.

    message: a longer text beside the prompt. context: more to show (`risk`, `consequences`, `facts`,
    `diff`, `links`, anything). timeout: how long the case stays open, 10 s to 7 d, as `timedelta`,
    "30m" or ISO 8601; the default is 24 h. default_action: what whoever asks will do if nobody answers:
    skip, reject or abort. reminder_at: instants at which to remind. previous_case_id: the case that this
    one follows. metadata: yours alone, never shown. verification_policy: what evidence the answer needs,
    as HITL v0.8 §7.6 spells it.
    """

    message: str
    context: Json
    timeout: str | timedelta
    default_action: str
    reminder_at: Sequence[datetime]
    previous_case_id: str
    metadata: Json
    verification_policy: Json


def approval(artifact: str | Json | None) -> Json:
    """Ask for a yes, a no or changes to an artifact: its text, or title, content, format, metadata."""
    if artifact is None:
        return _question("approval", {})
    content = {"content": artifact} if isinstance(artifact, str) else artifact
    return _question("approval", {"artifact": content})


def selection(items: Sequence[str | Json], *, minimum: int | None = None, maximum: int | None = None) -> Json:
    """Ask for a choice among items; a plain string is both the item's id and its title.

    Raises: InvalidRequest if two plain strings are the same.
    """
    texts = [item for item in items if isinstance(item, str)]
    if len(set(texts)) < len(texts):
        raise InvalidRequest("Two choices are the same.")
    context: dict[str, Any] = {"items": _items(items)}
    if minimum is not None:
        context["min"] = minimum
    if maximum is not None:
        context["max"] = maximum
    return _question("selection", context)


def form_input(form: Json | Sequence[Json]) -> Json:
    """Ask for a form: `{"fields": […]}`, `{"steps": […]}`, or just the list of fields."""
    whole = form if isinstance(form, Mapping) else {"fields": list(form)}
    return _question("input", {"form": whole})


def text_input(placeholder: str | None = None) -> Json:
    """Ask for a text of any length."""
    answer: dict[str, Any] = {"key": ANSWER_KEY, "label": "Answer", "type": "textarea", "required": True}
    if placeholder:
        answer["placeholder"] = placeholder
    return form_input([answer])


def headed(text: str) -> tuple[str, str | None]:
    """Make a prompt of a text of any length, and what has to stand beside it if it was too long."""
    if len(text) <= MAX_PROMPT_CHARACTERS:
        return text, None
    return text[: MAX_PROMPT_CHARACTERS - 1].rstrip() + "…", text


def confirmation(
    items: Sequence[str | Json] = (), *, irreversible: bool = False, partial: bool = False
) -> Json:
    """Ask to confirm or cancel; `partial` lets the human confirm some of the items only."""
    context: dict[str, Any] = {}
    if items:
        context["items"] = _items(items)
    if irreversible:
        context["irreversible"] = True
    if partial:
        context["partial"] = True
    return _question("confirmation", context)


def escalation(error: str | Json, *, params: Json | None = None) -> Json:
    """Ask what to do about an error: retry (with other `params` perhaps), skip or abort."""
    context: dict[str, Any] = {"error": {"summary": error} if isinstance(error, str) else error}
    if params:
        context["params"] = params
    return _question("escalation", context)


def sealed(envelope: str | Json) -> Json:
    """Ask what only the devices of people can read."""
    return _question(SEALED_TYPE, {"envelope": envelope})


def request_body(prompt: str, question: Json, terms: Terms) -> dict[str, Any]:
    """Join a question and its terms to the body of a create request.

    What `terms["context"]` says about a key that the question has too wins.
    """
    body: dict[str, Any] = {"type": question["type"], "prompt": prompt}
    for name in ("message", "default_action", "previous_case_id", "metadata", "verification_policy"):
        if terms.get(name) is not None:
            body[name] = terms[name]
    context = {**question["context"], **terms.get("context", {})}
    if context:
        body["context"] = context
    timeout = terms.get("timeout")
    if timeout is not None:
        body["timeout"] = _duration(timeout)
    reminders = terms.get("reminder_at")
    if reminders:
        body["reminder_at"] = [_instant(reminder) for reminder in reminders]
    return body


def _question(review_type: str, context: Json) -> Json:
    return {"type": review_type, "context": context}


def _items(items: Sequence[str | Json]) -> list[Json]:
    return [
        {"id": item[:MAX_ID_CHARACTERS], "title": item} if isinstance(item, str) else item for item in items
    ]


def _duration(timeout: str | timedelta) -> str:
    if isinstance(timeout, str):
        return timeout
    return f"PT{int(timeout.total_seconds())}S"


def _instant(instant: datetime) -> str:
    if instant.tzinfo is None:
        raise InvalidRequest("reminder_at must be an aware datetime.")
    return timestamp(instant)
