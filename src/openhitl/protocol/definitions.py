"""Reading a field's definition as the asker wrote it. HITL v0.8 §10.3.1, §10.3.3."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import re2

from openhitl.protocol.addresses import is_web_address
from openhitl.protocol.conditions import Condition, Operator
from openhitl.protocol.fields import (
    CHOICE_TYPES,
    FIELD_TYPES,
    NUMBER_TYPES,
    TEXT_TYPES,
    Field,
    Option,
    is_empty,
    parse_day,
)
from openhitl.protocol.numbers import is_number
from openhitl.protocol.problems import count_of, flag_of, invalid, list_of, object_of, text_of

MAX_PATTERN_CHARACTERS = 1_000
MAX_OPTIONS = 1_000

_KEY = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
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
_RULES = frozenset({"minLength", "maxLength", "pattern", "min", "max"})
#: Unix time is told in seconds below this (the year 5138) and in milliseconds above (from 1973 on).
_SECONDS_BELOW = 10**11
_LEAST_SECONDS = 10**8
_MOST_MILLISECONDS = 253_402_300_800_000  # the year 10000


def parse_field(raw: Any, path: str) -> Field:
    """Read a field definition. Raises: InvalidRequest with the path of what is wrong."""
    given = object_of(raw, path)
    for name in given:
        if name not in _PROPERTIES:
            invalid(f"{path}.{name}", "is not a property of a field")
    key = text_of(given.get("key"), f"{path}.key", most=100)
    if not _KEY.fullmatch(key):
        invalid(f"{path}.key", "must be a letter followed by letters, digits and underscores")
    field_type = text_of(given.get("type"), f"{path}.type", most=50)
    if field_type not in FIELD_TYPES and not field_type.startswith("x-"):
        invalid(f"{path}.type", f"must be one of {', '.join(sorted(FIELD_TYPES))} or begin with x-")
    parsed = Field(
        key=key,
        label=text_of(given.get("label"), f"{path}.label", least=1, most=200),
        type=field_type,
        required=flag_of(given.get("required", False), f"{path}.required"),
        placeholder=text_of(given.get("placeholder", ""), f"{path}.placeholder"),
        hint=text_of(given.get("hint", ""), f"{path}.hint"),
        default=given.get("default"),
        default_ref=_address(given.get("default_ref"), f"{path}.default_ref"),
        sensitive=flag_of(given.get("sensitive", False), f"{path}.sensitive"),
        options=_options(given.get("options"), field_type, f"{path}.options"),
        conditional=_condition(given.get("conditional"), f"{path}.conditional"),
        **_limits(given.get("validation", {}), field_type, f"{path}.validation"),
    )
    _check_default(parsed, f"{path}.default")
    return parsed


def _check_default(field: Field, path: str) -> None:
    if is_empty(field.default):
        return
    if field.sensitive:
        # HITL v0.8 §10.3.1 "Security": `default` MUST NOT hold what is sensitive.
        invalid(path, "must not hold a sensitive value; use default_ref")
    error = field.check(field.default)
    if error:
        invalid(path, f"would not be accepted as an answer: {error.message}")


def _address(value: Any, path: str) -> str | None:
    if value is None:
        return None
    address = text_of(value, path, most=2_000)
    if not is_web_address(address):
        invalid(path, "must be an absolute http(s) address")
    return address


def _options(raw: Any, field_type: str, path: str) -> tuple[Option, ...]:
    if field_type not in CHOICE_TYPES:
        if raw is not None:
            invalid(path, "is only for select and multiselect")
        return ()
    given = list_of(raw, path)
    if not 1 <= len(given) <= MAX_OPTIONS:
        invalid(path, f"must hold 1 to {MAX_OPTIONS} options")
    options = tuple(_option(one, f"{path}[{index}]") for index, one in enumerate(given))
    if len({option.value for option in options}) < len(options):
        invalid(path, "holds the same value twice")
    return options


def _option(raw: Any, path: str) -> Option:
    given = object_of(raw, path)
    for name in given:
        if name not in ("value", "label"):
            invalid(f"{path}.{name}", "is not a property of an option")
    # An empty value could not be told from no answer.
    value = text_of(given.get("value"), f"{path}.value", least=1, most=1_000)
    return Option(value, text_of(given.get("label"), f"{path}.label", least=1, most=1_000))


def _condition(raw: Any, path: str) -> Condition | None:
    if raw is None:
        return None
    given = object_of(raw, path)
    if given.keys() != {"field", "operator", "value"}:
        invalid(path, "has field, operator and value")
    name = text_of(given["field"], f"{path}.field")
    operators = [str(operator) for operator in Operator]
    if given["operator"] not in operators:
        invalid(f"{path}.operator", f"must be one of {', '.join(operators)}")
    operator = Operator(given["operator"])
    if operator is Operator.IN and not list_of(given["value"], f"{path}.value"):
        invalid(f"{path}.value", "must hold at least one value")
    return Condition(name, operator, given["value"])


def _limits(raw: Any, field_type: str, path: str) -> dict[str, Any]:
    given = object_of(raw, path)
    for name in given:
        if name not in _RULES:
            invalid(f"{path}.{name}", "is not a validation rule")
    is_text = field_type in TEXT_TYPES or field_type not in FIELD_TYPES
    for name in ("minLength", "maxLength", "pattern"):
        if name in given and not is_text:
            invalid(f"{path}.{name}", f"does not apply to {field_type}")
    limits: dict[str, Any] = {
        "min_length": _length(given.get("minLength"), f"{path}.minLength"),
        "max_length": _length(given.get("maxLength"), f"{path}.maxLength"),
        "pattern": _pattern(given.get("pattern"), f"{path}.pattern"),
        "least": _bound(given.get("min"), field_type, f"{path}.min"),
        "most": _bound(given.get("max"), field_type, f"{path}.max"),
    }
    for low, high in (("min_length", "max_length"), ("least", "most")):
        if limits[low] is not None and limits[high] is not None and limits[low] > limits[high]:
            invalid(path, "has a minimum above its maximum")
    return limits


def _length(value: Any, path: str) -> int | None:
    return None if value is None else count_of(value, path)


def _pattern(value: Any, path: str) -> str | None:
    """Check a pattern with RE2, whose time grows with the text alone, whatever the pattern is."""
    if value is None:
        return None
    pattern = text_of(value, path, most=MAX_PATTERN_CHARACTERS)
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        invalid(path, "is not a regular expression of RE2 (which has no look-arounds or back-references)")
    return pattern


def _bound(value: Any, field_type: str, path: str) -> Any:
    if value is None:
        return None
    if field_type == "date":
        return _day_bound(value, path)
    if field_type not in NUMBER_TYPES:
        invalid(path, f"does not apply to {field_type}")
    if not is_number(value):
        invalid(path, "must be a number")
    return value


def _day_bound(value: Any, path: str) -> date:
    """Read the earliest or latest date.

    The protocol's schema has a number there and does not say of what. It is taken as Unix time where
    that cannot be mistaken; anything else is refused rather than guessed at.
    """
    day = parse_day(value)
    if day is not None:
        return day
    if not is_number(value) or not _LEAST_SECONDS <= value < _MOST_MILLISECONDS:
        invalid(path, "must be a date like 2026-05-31 (or Unix time in seconds or milliseconds)")
    seconds = value if value < _SECONDS_BELOW else value / 1000
    return datetime.fromtimestamp(seconds, UTC).date()
