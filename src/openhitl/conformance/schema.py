"""Checking a value against a JSON Schema: the few keywords that wire objects need.

Draft 2020-12's `type`, `const`, `enum`, `required`, `properties`, `additionalProperties` (a boolean),
`dependentRequired`, `items`, `minItems`, `uniqueItems`, `minLength`, `maxLength`, `pattern`, `minimum`,
`format` (date-time, email, uri), `anyOf` and `oneOf`. Any other keyword is a KeyError, not ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

Schema = Mapping[str, Any]

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}
_PLAIN = re.compile(r"[\x21-\x7e]+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)


def problems(value: Any, schema: Schema, path: str = "") -> Iterator[str]:
    """Yield a sentence, with its path, for everything in which a value differs from a schema."""
    if "type" in schema and not _TYPES[schema["type"]](value):
        yield f"{path or 'the body'} is not of type {schema['type']}"
        return
    for keyword, rule in schema.items():
        yield from _KEYWORDS[keyword](value, rule, path, schema)


def instant(value: Any) -> datetime | None:
    """Read an RFC 3339 instant; None for anything else."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        return None


Found = Iterator[str]


def _const(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if value != rule:
        yield f"{path} is {value!r}, not {rule!r}"


def _enum(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if value not in rule:
        yield f"{path} is {value!r}, none of {', '.join(map(repr, rule))}"


def _required(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, dict):
        yield from (f"{_at(path, name)} is missing" for name in rule if name not in value)


def _properties(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, dict):
        for name in rule.keys() & value.keys():
            yield from problems(value[name], rule[name], _at(path, name))


def _additional(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, dict) and rule is False:
        yield from (f"{_at(path, name)} is not defined" for name in value if name not in schema["properties"])


def _dependent(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, dict):
        for name, wanted in rule.items():
            if name in value:
                yield from (
                    f"{_at(path, one)} is missing beside {name}" for one in wanted if one not in value
                )


def _items(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from problems(one, rule, f"{path}[{index}]")


def _min_items(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, list) and len(value) < rule:
        yield f"{path} has fewer than {rule} items"


def _unique(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, list) and rule and len({repr(one) for one in value}) < len(value):
        yield f"{path} repeats an item"


def _min_length(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, str) and len(value) < rule:
        yield f"{path} has fewer than {rule} characters"


def _max_length(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, str) and len(value) > rule:
        yield f"{path} has more than {rule} characters"


def _pattern(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, str) and not re.search(rule, value):
        yield f"{path} is {value!r}, which does not match {rule}"


def _minimum(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if _TYPES["number"](value) and value < rule:
        yield f"{path} is less than {rule}"


def _format(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if isinstance(value, str) and not _FORMATS[rule](value):
        yield f"{path} is {value!r}, which is no {rule}"


def _any_of(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    if not any(_fits(value, one) for one in rule):
        yield f"{path} fits none of its alternatives"


def _one_of(value: Any, rule: Any, path: str, schema: Schema) -> Found:
    fitting = sum(_fits(value, one) for one in rule)
    if fitting != 1:
        yield f"{path} fits {fitting} of its alternatives, not one"


def _fits(value: Any, schema: Schema) -> bool:
    return next(problems(value, schema), None) is None


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def is_uri(text: str) -> bool:
    """Tell whether a text is a URI: ASCII without spaces, with a scheme and a port that can be. RFC 3986."""
    try:
        parts = urlsplit(text)
        return _PLAIN.fullmatch(text) is not None and bool(parts.scheme) and (parts.port or 0) >= 0
    except ValueError:
        return False


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": lambda text: instant(text) is not None,
    "uri": is_uri,
    "email": lambda text: "@" in text[1:-1],
}

_KEYWORDS: Mapping[str, Callable[[Any, Any, str, Schema], Found]] = {
    "type": lambda *_: iter(()),  # looked at before all others
    "const": _const,
    "enum": _enum,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "dependentRequired": _dependent,
    "items": _items,
    "minItems": _min_items,
    "uniqueItems": _unique,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "minimum": _minimum,
    "format": _format,
    "anyOf": _any_of,
    "oneOf": _one_of,
}
