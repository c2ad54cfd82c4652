"""Forms: fields in one step or several, with conditions, checked as a whole. HITL v0.8 §10.3."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openhitl.protocol.case import Json, Progress
from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.fields import NUMBER_TYPES, Field, FieldError, parse_field
from openhitl.protocol.problems import invalid, list_of, object_of, text_of

MAX_FIELDS = 200
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a wizard; a form without steps is one step without a title."""

    title: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FormResult:
    """Checked values, without hidden fields, and what is wrong by key."""

    values: dict[str, Any]
    errors: dict[str, FieldError]


@dataclass(frozen=True)
class Form:
    """A form; `has_steps` tells a wizard from a single page."""

    steps: tuple[Step, ...]
    has_steps: bool
    session_id: str | None = None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields in order."""
        return tuple(field for step in self.steps for field in step.fields)

    @cached_property
    def sensitive_keys(self) -> frozenset[str]:
        """Keys whose values must not reach logs, events or drafts."""
        return frozenset(field.key for field in self.fields if field.sensitive)

    @classmethod
    def parse(cls, raw: Any) -> Form:
        """Read `context.form`. Raises: InvalidRequest with the path of what is wrong."""
        path = "context.form"
        given = object_of(raw, path)
        for name in given.keys() - {"fields", "steps", "session_id"}:
            invalid(f"{path}.{name}", "is not a property of a form")
        if ("fields" in given) == ("steps" in given):
            invalid(path, "has either fields or steps")  # HITL v0.8 §10.3.2
        session_id = given.get("session_id")
        if session_id is not None:
            text_of(session_id, f"{path}.session_id", most=200)
        if "steps" in given:
            steps = tuple(
                _step(one, f"{path}.steps[{index}]")
                for index, one in enumerate(list_of(given["steps"], f"{path}.steps"))
            )
        else:
            steps = (Step("", "", _fields(given["fields"], f"{path}.fields")),)
        form = cls(steps, "steps" in given, session_id)
        _check_whole(form, path)
        return form

    def visible(self, values: Json) -> list[Field]:
        """List the fields that are asked for, given what has been answered. HITL v0.8 §10.3.3.

        A field whose condition names a hidden field is judged as if that one had no value.
        """
        known: dict[str, Any] = {}
        shown = []
        for field in self.fields:
            if field.conditional is None or field.conditional.holds(known):
                shown.append(field)
                if field.key in values:
                    known[field.key] = values[field.key]
        return shown

    def check(self, values: Json, *, step: int | None = None) -> FormResult:
        """Check JSON values, of one step (from 1) or of all.

        Hidden fields are left out, whatever was given for them. Keys that are no field of the form
        are errors.
        """
        asked = self.visible(values)
        of_step = {field.key for field in (self.steps[step - 1].fields if step else self.fields)}
        errors = {
            key: FieldError("unknown_field") for key in values.keys() - {field.key for field in self.fields}
        }
        checked: dict[str, Any] = {}
        for field in asked:
            if field.key not in of_step:
                continue
            value = values.get(field.key)
            if is_empty(value):
                if field.required:
                    errors[field.key] = FieldError("required")
                continue
            error = field.check(value)
            if error:
                errors[field.key] = error
            else:
                checked[field.key] = value
        return FormResult(checked, errors)

    def from_text(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Decode an HTML form post into JSON values; what is left empty is left out.

        A number that cannot be read stays text, for `check` to refuse. An optional boolean that is
        not posted is false; a required one is a pair of radios and may be missing.
        """
        posted: dict[str, list[str]] = {}
        for name, value in pairs:
            posted.setdefault(name, []).append(value)
        values: dict[str, Any] = {}
        for field in self.fields:
            value = _decode(field, posted.get(field.key, []))
            if value is not None:
                values[field.key] = value
        return values

    def progress(self, values: Json, step: int) -> Progress:
        """Say how far the human is at a step (from 1). HITL v0.8 §10.3.4."""
        asked = self.visible(values)
        filled = sum(not is_empty(values.get(field.key)) for field in asked)
        return Progress(
            current_step=min(max(1, step), len(self.steps)),
            total_steps=len(self.steps),
            completed_fields=filled,
            total_fields=len(asked),
        )


def is_empty(value: Any) -> bool:
    """Tell a value that answers nothing; false and 0 are answers."""
    return value is None or value == "" or value == []


def _step(raw: Any, path: str) -> Step:
    given = object_of(raw, path)
    for name in given.keys() - {"title", "description", "fields"}:
        invalid(f"{path}.{name}", "is not a property of a step")
    title = text_of(given.get("title"), f"{path}.title", least=1, most=200)
    description = text_of(given.get("description", ""), f"{path}.description", most=2_000)
    return Step(title, description, _fields(given.get("fields"), f"{path}.fields"))


def _fields(raw: Any, path: str) -> tuple[Field, ...]:
    return tuple(parse_field(one, f"{path}[{index}]") for index, one in enumerate(list_of(raw, path)))


def _check_whole(form: Form, path: str) -> None:
    if not form.steps:
        invalid(f"{path}.steps", "must hold at least one step")
    if not form.fields:
        invalid(path, "must hold at least one field")
    if len(form.fields) > MAX_FIELDS:
        invalid(path, f"must hold at most {MAX_FIELDS} fields")
    before: dict[str, Field] = {}
    for field in form.fields:
        if field.key in before:
            invalid(f"{path} ({field.key})", "stands in the form twice")
        if field.conditional is not None:
            _check_condition(field.conditional, before, f"{path} ({field.key}).conditional")
        before[field.key] = field


def _check_condition(condition: Condition, before: Mapping[str, Field], path: str) -> None:
    """A condition may look back only, so that there are no cycles. HITL v0.8 §10.3.3."""
    on = before.get(condition.field)
    if on is None:
        invalid(f"{path}.field", "must name an earlier field")
    wanted = condition.value if condition.operator is Operator.IN else [condition.value]
    for value in wanted:
        if not _is_comparable(on, condition.operator, value):
            invalid(f"{path}.value", f"cannot be compared with {on.key}, which is {on.type}")


def _is_comparable(on: Field, operator: Operator, value: Any) -> bool:
    if operator in (Operator.GT, Operator.LT):
        return (on.kind in NUMBER_TYPES or on.kind == "date") and on.check_kind(value)
    return on.check_kind(value)


def _decode(field: Field, posted: list[str]) -> Any:
    if field.kind == "multiselect":
        return [value for value in posted if value] or None
    text = posted[-1].replace("\r\n", "\n") if posted else ""
    if field.kind == "boolean":
        if text:
            return text in ("true", "on", "1", "yes")
        return None if field.required else False
    if not text.strip():
        return None
    return _decode_number(text) if field.kind in NUMBER_TYPES else text


def _decode_number(text: str) -> Any:
    compact = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if not _NUMBER.fullmatch(compact):
        return text
    compact = compact.replace(",", ".")
    value = float(compact)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
