"""A form as text: what is asked for, and everything its author said about each field. HITL v0.8 §10.3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openhitl.person.drawing.lines import EMPTY, Line, Span, Tone, labelled, paragraph, said
from openhitl.protocol.fields import Field
from openhitl.protocol.forms import Form

_COLUMN = 13
_COMPARISONS = {"eq": "is", "neq": "is not", "in": "is one of", "gt": "is more than", "lt": "is less than"}


def form(drawn: Form, width: int) -> Iterator[Line]:
    """Draw all steps of a form."""
    for number, step in enumerate(drawn.steps, 1):
        if drawn.has_steps:
            title = f"Step {number} of {len(drawn.steps)}: {said(step.title)}"
            yield from paragraph(title, width, Tone.STRONG)
            if step.description:
                yield from paragraph(step.description, width)
            yield EMPTY
        for field in step.fields:
            yield from _field(field, width)
            yield EMPTY
    if drawn.session_id is not None:
        yield from labelled("Session id", drawn.session_id, width, column=_COLUMN)


def _field(field: Field, width: int) -> Iterator[Line]:
    need = "required" if field.required else "optional"
    yield from paragraph(f"{said(field.label)} ({need})", width, Tone.STRONG)
    for label, text in _told(field):
        for line in labelled(label, text, width - 2, column=_COLUMN):
            yield (Span("  "), *line)


def _told(field: Field) -> Iterator[tuple[str, str]]:
    yield "Field", f"{field.key}, {field.type}"
    if field.hint:
        yield "Hint", field.hint
    if field.placeholder:
        yield "Example", field.placeholder
    for option in field.options:
        same = option.value == option.label
        yield "Choice", option.label if same else f"{option.label} ({option.value})"
    yield from _limits(field)
    if field.sensitive:
        yield "Secret", "what you enter is kept out of logs and drafts"
    if field.default is not None:
        yield "Default", value_text(field, field.default)
    if field.default_ref is not None:
        yield "Default from", f"{field.default_ref} (fetched by the page in a browser only)"
    if field.conditional is not None:
        condition = field.conditional
        yield "Only if", f"{condition.field} {_COMPARISONS[condition.operator]} {_spelt(condition.value)}"


def _limits(field: Field) -> Iterator[tuple[str, str]]:
    for label, bound in (("At least", field.least), ("At most", field.most)):
        if bound is not None:
            yield label, str(bound)
    for label, length in (("At least", field.min_length), ("At most", field.max_length)):
        if length is not None:
            yield label, f"{length} characters"
    if field.pattern is not None:
        yield "Pattern", field.pattern


def value_text(field: Field, value: Any) -> str:
    """Say the value of a field as people do: labels of choices, Yes and No."""
    if isinstance(value, list):
        return ", ".join(field.label_of(str(one)) for one in value)
    return field.label_of(value) if isinstance(value, str) else _spelt(value)


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(map(_spelt, value)) if isinstance(value, list) else str(value)
