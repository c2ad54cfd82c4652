"""One form field: what it asks for, and checking an answer to it. HITL v0.8 §10.3.1."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from typing import Any

import re2

from openhitl.protocol.addresses import is_web_address
from openhitl.protocol.conditions import Condition
from openhitl.protocol.numbers import is_ambiguous, is_number
from openhitl.protocol.record import record

TEXT_TYPES = frozenset({"text", "textarea", "email", "url"})
NUMBER_TYPES = frozenset({"number", "range"})
CHOICE_TYPES = frozenset({"select", "multiselect"})
FIELD_TYPES = TEXT_TYPES | NUMBER_TYPES | CHOICE_TYPES | {"date", "boolean"}
MAX_TEXT_CHARACTERS = 100_000

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@record(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    value: str
    label: str


@record(frozen=True, slots=True)
class FieldError:
    """Why a value is not accepted: a stable code, and what its sentence needs."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """Say it in English."""
        return MESSAGES[self.code].format(**self.params)


#: The sentence of every code; pages translate them.
MESSAGES: Mapping[str, str] = {
    "required": "This is required.",
    "wrong_type": "This is not of the right kind.",
    "too_short": "Use at least {least} characters.",
    "too_long": "Use at most {most} characters.",
    "pattern": "This does not have the expected form.",
    "not_a_number": "Enter a number.",
    "ambiguous_number": "Write the number without a thousands separator, like 95000 or 95.5.",
    "too_small": "Enter {least} or more.",
    "too_large": "Enter {most} or less.",
    "not_a_date": "Enter a date like 2026-05-31.",
    "too_early": "Enter {least} or later.",
    "too_late": "Enter {most} or earlier.",
    "not_an_email": "Enter an e-mail address like name@example.com.",
    "not_a_url": "Enter a web address like https://example.com.",
    "unknown_option": "Choose one of the options.",
    "unknown_field": "This form has no such field.",
}


@record(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as the form declares it.

    `least` and `most` bound numbers and, as `date`, dates; both ends are included. Lengths count
    code points. `default_ref` is fetched when somebody asks for it, never before.
    """

    key: str
    label: str
    type: str
    required: bool = False
    placeholder: str = ""
    hint: str = ""
    default: Any = None
    default_ref: str | None = None
    sensitive: bool = False
    options: tuple[Option, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    least: Any = None
    most: Any = None
    conditional: Condition | None = None

    @property
    def kind(self) -> str:
        """The standard type that this field is drawn and checked as.

        A custom type is text (HITL v0.8 §10.3.1); a range without both ends has no scale to slide
        on and is a number.
        """
        if self.type == "range" and (self.least is None or self.most is None):
            return "number"
        return self.type if self.type in FIELD_TYPES else "text"

    def label_of(self, value: str) -> str:
        """Return the words of an option's value."""
        return next((option.label for option in self.options if option.value == value), value)

    def check(self, value: Any) -> FieldError | None:
        """Check a JSON value that is present (see `is_empty`)."""
        return _CHECKS[self.kind](self, value)

    def is_comparable(self, value: Any) -> bool:
        """Tell whether a condition could compare this value with an answer to this field."""
        if self.kind in NUMBER_TYPES:
            return is_number(value)
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "date":
            return parse_day(value) is not None
        if self.kind in CHOICE_TYPES:
            return any(option.value == value for option in self.options)
        return isinstance(value, str)


def is_empty(value: Any) -> bool:
    """Tell a value that answers nothing; false and 0 are answers."""
    return value is None or value == "" or value == []


def parse_day(value: Any) -> date | None:
    """Read `YYYY-MM-DD`; None for anything else."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _check_text(field: Field, value: Any) -> FieldError | None:
    if not isinstance(value, str):
        return FieldError("wrong_type")
    if field.min_length is not None and len(value) < field.min_length:
        return FieldError("too_short", {"least": field.min_length})
    most = MAX_TEXT_CHARACTERS if field.max_length is None else min(field.max_length, MAX_TEXT_CHARACTERS)
    if len(value) > most:
        return FieldError("too_long", {"most": most})
    if field.pattern is not None and not re2.fullmatch(field.pattern, value):
        return FieldError("pattern")
    return None


def _check_email(field: Field, value: Any) -> FieldError | None:
    return _check_text(field, value) or (None if _EMAIL.fullmatch(value) else FieldError("not_an_email"))


def _check_url(field: Field, value: Any) -> FieldError | None:
    return _check_text(field, value) or (None if is_web_address(value) else FieldError("not_a_url"))


def _check_number(field: Field, value: Any) -> FieldError | None:
    if isinstance(value, str) and is_ambiguous(value):  # as typed, see `forms.Form.from_text`
        return FieldError("ambiguous_number")
    if not is_number(value):
        return FieldError("not_a_number")
    if field.least is not None and value < field.least:
        return FieldError("too_small", {"least": field.least})
    if field.most is not None and value > field.most:
        return FieldError("too_large", {"most": field.most})
    return None


def _check_date(field: Field, value: Any) -> FieldError | None:
    day = parse_day(value)
    if day is None:
        return FieldError("not_a_date")
    if field.least is not None and day < field.least:
        return FieldError("too_early", {"least": field.least.isoformat()})
    if field.most is not None and day > field.most:
        return FieldError("too_late", {"most": field.most.isoformat()})
    return None


def _check_boolean(field: Field, value: Any) -> FieldError | None:
    return None if isinstance(value, bool) else FieldError("wrong_type")


def _check_choice(field: Field, value: Any) -> FieldError | None:
    known = any(option.value == value for option in field.options)
    return None if known else FieldError("unknown_option")


def _check_choices(field: Field, value: Any) -> FieldError | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return FieldError("wrong_type")
    known = {option.value for option in field.options}
    is_subset = known.issuperset(value) and len(set(value)) == len(value)
    return None if is_subset else FieldError("unknown_option")


_CHECKS: Mapping[str, Callable[[Field, Any], FieldError | None]] = {
    "text": _check_text,
    "textarea": _check_text,
    "email": _check_email,
    "url": _check_url,
    "number": _check_number,
    "range": _check_number,
    "date": _check_date,
    "boolean": _check_boolean,
    "select": _check_choice,
    "multiselect": _check_choices,
}
