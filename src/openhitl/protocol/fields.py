"""One form field: what it asks for, and checking an answer to it. HITL v0.8 §10.3.1."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import re2

from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.problems import invalid, list_of, object_of, text_of

FIELD_TYPES = frozenset(
    {"text", "textarea", "number", "date", "email", "url", "boolean", "select", "multiselect", "range"}
)
TEXT_TYPES = frozenset({"text", "textarea", "email", "url"})
NUMBER_TYPES = frozenset({"number", "range"})
CHOICE_TYPES = frozenset({"select", "multiselect"})
MAX_TEXT_CHARACTERS = 100_000
MAX_PATTERN_CHARACTERS = 1_000

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*")
_PROPERTIES = frozenset(
    {
        "conditional",
        "default",
        "default_ref",
        "hint",
        "key",
        "label",
        "options",
        "placeholder",
        "required",
        "sensitive",
        "type",
        "validation",
    }
)
_LIMITS = frozenset({"minLength", "maxLength", "pattern", "min", "max"})


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field as the form declares it.

    `least` and `most` bound numbers, dates (as `date`) or, for text, nothing; lengths count code
    points. `kind` is the type that it is answered as: custom types are text.
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
        """The standard type that this field is drawn and checked as. HITL v0.8 §10.3.1: `x-` is text."""
        return self.type if self.type in FIELD_TYPES else "text"

    def label_of(self, value: str) -> str:
        """Return the words of an option's value."""
        return next((option.label for option in self.options if option.value == value), value)

    def check(self, value: Any) -> FieldError | None:
        """Check a value that is present."""
        return _CHECKS[self.kind](self, value)

    def check_kind(self, value: Any) -> bool:
        """Tell whether a value could be compared with an answer to this field."""
        if self.kind in NUMBER_TYPES:
            return _is_number(value)
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "date":
            return parse_day(value) is not None
        if self.kind in CHOICE_TYPES:
            return any(option.value == value for option in self.options)
        return isinstance(value, str)

    def _check_text(self, value: Any) -> FieldError | None:
        if not isinstance(value, str):
            return FieldError("wrong_type")
        if self.min_length is not None and len(value) < self.min_length:
            return FieldError("too_short", {"least": self.min_length})
        most = MAX_TEXT_CHARACTERS if self.max_length is None else self.max_length
        if len(value) > most:
            return FieldError("too_long", {"most": most})
        if self.pattern is not None and not re2.fullmatch(self.pattern, value):
            return FieldError("pattern")
        return None

    def _check_email(self, value: Any) -> FieldError | None:
        error = self._check_text(value)
        return error or (None if _EMAIL.fullmatch(value) else FieldError("not_an_email"))

    def _check_url(self, value: Any) -> FieldError | None:
        error = self._check_text(value)
        return error or (None if is_web_address(value) else FieldError("not_a_url"))

    def _check_number(self, value: Any) -> FieldError | None:
        if not _is_number(value):
            return FieldError("not_a_number")
        if self.least is not None and value < self.least:
            return FieldError("too_small", {"least": self.least})
        if self.most is not None and value > self.most:
            return FieldError("too_large", {"most": self.most})
        return None

    def _check_date(self, value: Any) -> FieldError | None:
        day = parse_day(value)
        if day is None:
            return FieldError("not_a_date")
        if self.least is not None and day < self.least:
            return FieldError("too_early", {"least": self.least.isoformat()})
        if self.most is not None and day > self.most:
            return FieldError("too_late", {"most": self.most.isoformat()})
        return None

    def _check_boolean(self, value: Any) -> FieldError | None:
        return None if isinstance(value, bool) else FieldError("wrong_type")

    def _check_choice(self, value: Any) -> FieldError | None:
        known = any(option.value == value for option in self.options)
        return None if known else FieldError("unknown_option")

    def _check_choices(self, value: Any) -> FieldError | None:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return FieldError("wrong_type")
        known = {option.value for option in self.options}
        return (
            None
            if known.issuperset(value) and len(set(value)) == len(value)
            else FieldError("unknown_option")
        )


_CHECKS = {
    "text": Field._check_text,
    "textarea": Field._check_text,
    "email": Field._check_email,
    "url": Field._check_url,
    "number": Field._check_number,
    "range": Field._check_number,
    "date": Field._check_date,
    "boolean": Field._check_boolean,
    "select": Field._check_choice,
    "multiselect": Field._check_choices,
}


def is_web_address(value: str) -> bool:
    """Tell whether text is an absolute http(s) address."""
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        return False


def parse_day(value: Any) -> date | None:
    """Read `YYYY-MM-DD`; None for anything else."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def parse_field(raw: Any, path: str) -> Field:
    """Read a field definition. Raises: InvalidRequest with the path of what is wrong."""
    given = object_of(raw, path)
    for name in given:
        if name not in _PROPERTIES:
            invalid(f"{path}.{name}", "is not a property of a field")
    key = text_of(given.get("key"), f"{path}.key", most=100)
    if not _KEY.fullmatch(key):
        invalid(f"{path}.key", "must be a letter followed by letters, digits and underscores")
    kind = text_of(given.get("type"), f"{path}.type", most=50)
    if kind not in FIELD_TYPES and not kind.startswith("x-"):
        invalid(f"{path}.type", "is not a field type")
    parsed = Field(
        key=key,
        label=text_of(given.get("label"), f"{path}.label", least=1, most=200),
        type=kind,
        required=_flag(given, "required", path),
        placeholder=text_of(given.get("placeholder", ""), f"{path}.placeholder"),
        hint=text_of(given.get("hint", ""), f"{path}.hint"),
        default=given.get("default"),
        default_ref=_address(given.get("default_ref"), f"{path}.default_ref"),
        sensitive=_flag(given, "sensitive", path),
        options=_options(given.get("options"), kind, f"{path}.options"),
        conditional=_condition(given.get("conditional"), f"{path}.conditional"),
        **_limits(given.get("validation", {}), kind, f"{path}.validation"),
    )
    if parsed.default is not None:
        if parsed.sensitive:
            invalid(f"{path}.default", "must not hold a sensitive value; use default_ref")
        error = parsed.check(parsed.default)
        if error:
            invalid(f"{path}.default", error.message)
    return parsed


def _flag(given: Mapping[str, Any], name: str, path: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        invalid(f"{path}.{name}", "must be true or false")
    return value


def _address(value: Any, path: str) -> str | None:
    if value is None:
        return None
    if not is_web_address(text_of(value, path, most=2_000)):
        invalid(path, "must be an absolute http(s) address")
    return str(value)


def _options(raw: Any, kind: str, path: str) -> tuple[Option, ...]:
    if kind not in CHOICE_TYPES:
        if raw is not None:
            invalid(path, "is only for select and multiselect")
        return ()
    options = []
    for index, one in enumerate(list_of(raw, path)):
        given = object_of(one, f"{path}[{index}]")
        value = text_of(given.get("value"), f"{path}[{index}].value")
        label = text_of(given.get("label"), f"{path}[{index}].label", least=1)
        if given.keys() - {"value", "label"}:
            invalid(f"{path}[{index}]", "has only value and label")
        options.append(Option(value, label))
    if not options:
        invalid(path, "must hold at least one option")
    if len({option.value for option in options}) < len(options):
        invalid(path, "holds the same value twice")
    return tuple(options)


def _condition(raw: Any, path: str) -> Condition | None:
    if raw is None:
        return None
    given = object_of(raw, path)
    if given.keys() != {"field", "operator", "value"}:
        invalid(path, "has field, operator and value")
    name = text_of(given["field"], f"{path}.field")
    if given["operator"] not in set(Operator):
        invalid(f"{path}.operator", "must be eq, neq, in, gt or lt")
    operator = Operator(given["operator"])
    if operator is Operator.IN:
        list_of(given["value"], f"{path}.value")
    return Condition(name, operator, given["value"])


def _limits(raw: Any, kind: str, path: str) -> dict[str, Any]:
    given = object_of(raw, path)
    for name in given:
        if name not in _LIMITS:
            invalid(f"{path}.{name}", "is not a validation rule")
    is_text = kind in TEXT_TYPES or kind not in FIELD_TYPES
    for name in ("minLength", "maxLength", "pattern"):
        if name in given and not is_text:
            invalid(f"{path}.{name}", f"does not apply to {kind}")
    limits: dict[str, Any] = {
        "min_length": _count(given.get("minLength"), f"{path}.minLength"),
        "max_length": _count(given.get("maxLength"), f"{path}.maxLength"),
        "pattern": _pattern(given.get("pattern"), f"{path}.pattern"),
        "least": _bound(given.get("min"), kind, f"{path}.min"),
        "most": _bound(given.get("max"), kind, f"{path}.max"),
    }
    for low, high in (("min_length", "max_length"), ("least", "most")):
        if limits[low] is not None and limits[high] is not None and limits[low] > limits[high]:
            invalid(path, "has a minimum above its maximum")
    if kind == "range" and (limits["least"] is None or limits["most"] is None):
        invalid(path, "needs min and max for a range")
    return limits


def _count(value: Any, path: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        invalid(path, "must be a whole number from 0")
    return value


def _pattern(value: Any, path: str) -> str | None:
    if value is None:
        return None
    text_of(value, path, most=MAX_PATTERN_CHARACTERS)
    try:
        re2.compile(value, _quietly())
    except re2.error:
        invalid(path, "is not a regular expression of RE2 (look-arounds and back-references are not allowed)")
    return str(value)


def _quietly() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def _bound(value: Any, kind: str, path: str) -> Any:
    if value is None:
        return None
    if kind not in NUMBER_TYPES and kind != "date":
        invalid(path, f"does not apply to {kind}")
    if kind == "date":
        day = parse_day(value)
        if day is None:
            invalid(path, "must be a date like 2026-05-31")
        return day
    if not _is_number(value):
        invalid(path, "must be a number")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
