"""Forms: fields in one step or several, with conditions, checked as a whole. HITL v0.8 §10.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from openhitl.protocol.case import Json, Progress
from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.definitions import parse_field
from openhitl.protocol.fields import NUMBER_TYPES, Field, FieldError, is_empty
from openhitl.protocol.numbers import parse_number
from openhitl.protocol.problems import each_of, invalid, list_of, object_of, text_of
from openhitl.protocol.record import record

MAX_FIELDS = 200
MAX_STEPS = 50
_YES = frozenset({"true", "on", "1", "yes"})


@record(frozen=True, slots=True)
class Step:
    """One step of a wizard; a form without steps is one step without a title."""

    title: str
    description: str
    fields: tuple[Field, ...]


@record(frozen=True, slots=True)
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
        """Read `context.form`. Raises: InvalidRequest with a path for each field that is wrong."""
        path = "context.form"
        given = object_of(raw, path)
        for name in given:
            if name not in ("fields", "steps", "session_id"):
                invalid(f"{path}.{name}", "is not a property of a form")
        if ("fields" in given) == ("steps" in given):
            invalid(path, "has either fields or steps")  # HITL v0.8 §10.3.2
        session_id = given.get("session_id")
        if session_id is not None:
            text_of(session_id, f"{path}.session_id", most=200)
        reader = _Reader()
        if "steps" in given:
            steps = reader.steps(given["steps"], f"{path}.steps")
        else:
            steps = (Step("", "", reader.fields(given["fields"], f"{path}.fields")),)
        reader.check_count(path)
        return cls(steps, "steps" in given, session_id)

    def visible(self, values: Json) -> list[Field]:
        """List the fields that are asked for, given what has been answered. HITL v0.8 §10.3.3.

        A field that depends on a hidden one is hidden too. An optional boolean that is not answered
        counts as false, as its empty checkbox does.
        """
        known: dict[str, Any] = {}
        shown = []
        for field in self.fields:
            condition = field.conditional
            if condition and (condition.field not in known or not condition.holds(known)):
                continue
            shown.append(field)
            unanswered = False if field.kind == "boolean" and not field.required else None
            value = values.get(field.key)
            known[field.key] = unanswered if is_empty(value) else value
        return shown

    def check(self, values: Json, *, step: int | None = None) -> FormResult:
        """Check JSON values, of one step (from 1) or of all.

        Hidden fields are left out, whatever was given for them. Keys that are no field of the form
        are errors.
        """
        of_step = {field.key for field in (self.steps[step - 1].fields if step else self.fields)}
        known = {field.key for field in self.fields}
        errors = {key: FieldError("unknown_field") for key in values if key not in known}
        checked: dict[str, Any] = {}
        for field in self.visible(values):
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


class _Reader:
    """Reads the fields of all steps in order, so that each can look back at those before it."""

    def __init__(self) -> None:
        self._before: dict[str, Field] = {}

    def steps(self, raw: Any, path: str) -> tuple[Step, ...]:
        given = list_of(raw, path)
        if not 1 <= len(given) <= MAX_STEPS:
            invalid(path, f"must hold 1 to {MAX_STEPS} steps")
        return each_of(given, path, self._step)

    def _step(self, raw: Any, path: str) -> Step:
        given = object_of(raw, path)
        for name in given:
            if name not in ("title", "description", "fields"):
                invalid(f"{path}.{name}", "is not a property of a step")
        title = text_of(given.get("title"), f"{path}.title", least=1, most=200)
        description = text_of(given.get("description", ""), f"{path}.description", most=2_000)
        return Step(title, description, self.fields(given.get("fields"), f"{path}.fields"))

    def fields(self, raw: Any, path: str) -> tuple[Field, ...]:
        return each_of(list_of(raw, path), path, self._field)

    def _field(self, raw: Any, path: str) -> Field:
        field = parse_field(raw, path)
        if field.key in self._before:
            invalid(f"{path}.key", "is the key of an earlier field too")
        if field.conditional:
            self._check_condition(field.conditional, f"{path}.conditional")
        self._before[field.key] = field
        return field

    def _check_condition(self, condition: Condition, path: str) -> None:
        """A condition may look back only, so that there are no cycles. HITL v0.8 §10.3.3."""
        on = self._before.get(condition.field)
        if on is None:
            invalid(f"{path}.field", "must name an earlier field")
        wanted = condition.value if condition.operator is Operator.IN else [condition.value]
        ordered = condition.operator in (Operator.GT, Operator.LT)
        for value in wanted:
            if not on.is_comparable(value) or (ordered and on.kind not in NUMBER_TYPES | {"date"}):
                invalid(f"{path}.value", f"cannot be compared so with {on.key}, which is {on.type}")

    def check_count(self, path: str) -> None:
        if not 1 <= len(self._before) <= MAX_FIELDS:
            invalid(path, f"must hold 1 to {MAX_FIELDS} fields")


def _decode(field: Field, posted: list[str]) -> Any:
    """Turn what was posted for a field into a JSON value; None when nothing was."""
    if field.kind == "multiselect":
        return [value for value in posted if value] or None
    text = posted[-1].replace("\r\n", "\n") if posted else ""
    if field.kind == "boolean":
        return _decode_boolean(text, required=field.required)
    if not text.strip():
        return None
    if field.kind in NUMBER_TYPES:
        number = parse_number(text)
        return text if number is None else number
    # Words are kept as typed; what has a form of its own is not spoilt by a space around it.
    return text if field.kind in ("text", "textarea") else text.strip()


def _decode_boolean(text: str, *, required: bool) -> bool | None:
    if text:
        return text in _YES
    return None if required else False
