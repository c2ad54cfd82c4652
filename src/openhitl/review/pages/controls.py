"""Form fields as controls to draw. Everything works without script. HITL v0.8 §10.3.1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.conditions import Condition
from openhitl.protocol.fields import NUMBER_TYPES, Field
from openhitl.protocol.record import record
from openhitl.review.pages.field_values import chosen_values, control_text, shown_values
from openhitl.review.pages.sheet import Sheet

#: Form names of field values begin with this, so that no key can clash with the page's own names.
PREFIX = "f."
_MAX_RADIOS = 6
#: A longer list gets a box that narrows it down. No `datalist`: it would let people type what is no
#: option, is read out and enlarged with the text by few browsers, and posts labels, not values.
_MAX_UNFILTERED = 30
_TYPED_SECRETS = frozenset({"text", "email", "url", "decimal", "range"})
_KINDS = {
    "text": "text",
    "textarea": "textarea",
    "number": "decimal",
    "range": "range",
    "date": "date",
    "email": "email",
    "url": "url",
    "multiselect": "checkboxes",
}


@record(frozen=True, slots=True)
class Option:
    """One choice of a control."""

    value: str
    label: str
    chosen: bool


@record(frozen=True, slots=True)
class Prefill:
    """Where a stored value can be had: `url` for the script, `go` for the button without it."""

    url: str
    go: str


@record(frozen=True, slots=True, kw_only=True)
class Control:
    """A field ready to draw. `control` names the kind of input; `kept` says a secret is carried."""

    key: str
    name: str
    label: str
    control: str
    text: str = ""
    options: Sequence[Option] = ()
    required: bool = False
    placeholder: str = ""
    hint: str = ""
    note: str = ""
    error: str = ""
    only_if: str = ""
    condition: str = ""
    sensitive: bool = False
    kept: bool = False
    inputmode: str = ""
    autocomplete: str = ""
    min: str = ""
    max: str = ""
    filtered: bool = False
    prefill: Prefill | None = None


@record(frozen=True, slots=True, kw_only=True)
class Filling:
    """What is in a form so far: values, errors by key, keys of carried secrets."""

    values: Mapping[str, Any]
    errors: Mapping[str, str]
    carried: frozenset[str] = frozenset()


def field_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take the field values out of a form post, under their own keys."""
    return [(name.removeprefix(PREFIX), value) for name, value in pairs if name.startswith(PREFIX)]


def control_of(sheet: Sheet, field: Field, filling: Filling, page_keys: frozenset[str]) -> Control:
    """Make the control of a field; `page_keys` are the fields on the same page."""
    value = filling.values.get(field.key)
    kind = _kind(field)
    condition = field.conditional
    return Control(
        key=field.key,
        name=PREFIX + field.key,
        label=field.label,
        control=_input_type(kind),
        text=control_text(value),
        options=_options(sheet, field, kind, value),
        required=field.required,
        placeholder=field.placeholder,
        hint=_hint(sheet, field, kind),
        note=_note(sheet, field),
        error=filling.errors.get(field.key, ""),
        only_if=_only_if(sheet, condition) if condition else "",
        condition=_spelt(condition) if condition and condition.field in page_keys else "",
        sensitive=field.sensitive,
        kept=field.key in filling.carried,
        inputmode="decimal" if kind in ("decimal", "range") or _is_numeric(field) else "",
        autocomplete=kind if kind in ("email", "url") else "",
        min=_bound(kind, field.least),
        max=_bound(kind, field.most),
        filtered=kind == "select" and len(field.options) > _MAX_UNFILTERED,
        prefill=_prefill(sheet, field, value),
    )


def _kind(field: Field) -> str:
    if field.type == "boolean":
        return "yesno" if field.required else "checkbox"
    if field.type == "select":
        return "radios" if len(field.options) <= _MAX_RADIOS else "select"
    kind = _KINDS.get(field.kind, "text")
    return "secret" if field.sensitive and kind in _TYPED_SECRETS else kind


def _input_type(kind: str) -> str:
    return {"decimal": "text", "yesno": "radios"}.get(kind, kind)


def _is_numeric(field: Field) -> bool:
    return field.kind in NUMBER_TYPES


def _options(sheet: Sheet, field: Field, kind: str, value: Any) -> list[Option]:
    if kind == "yesno":
        labels = {"true": sheet.words.gettext("Yes"), "false": sheet.words.gettext("No")}
        said = control_text(value)
        return [Option(choice, label, choice == said) for choice, label in labels.items()]
    chosen = chosen_values(value)
    return [Option(option.value, option.label, option.value in chosen) for option in field.options]


def _hint(sheet: Sheet, field: Field, kind: str) -> str:
    """Return the agent's hint; a bounded number without one says its bounds (a range always does)."""
    if field.hint or kind == "range" or field.kind not in NUMBER_TYPES or None in (field.least, field.most):
        return field.hint
    bounds = {"low": control_text(field.least), "high": control_text(field.most)}
    return sheet.words.gettext("From %(low)s to %(high)s") % bounds


def _note(sheet: Sheet, field: Field) -> str:
    if field.type.startswith("x-"):
        return sheet.words.gettext("The agent asked for a “%(type)s” field; please answer in words.") % {
            "type": field.type
        }
    return ""


def _bound(kind: str, bound: Any) -> str:
    if kind == "date" and bound is not None:
        return str(bound.isoformat())
    return control_text(bound) if kind == "range" else ""


def _spelt(condition: Condition) -> str:
    return json.dumps(
        {"field": condition.field, "operator": str(condition.operator), "value": condition.value}
    )


def _only_if(sheet: Sheet, condition: Condition) -> str:
    """Say a condition in words, for people whose browser shows every field."""
    form = sheet.context.form if sheet.context else None
    other = next(field for field in form.fields if field.key == condition.field) if form else None
    wanted = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
    said = [text for value in wanted for text in (shown_values(other, value, sheet.words) if other else [])]
    sentences = {
        "eq": sheet.words.gettext("Only if “%(field)s” is %(value)s."),
        "neq": sheet.words.gettext("Only if “%(field)s” is not %(value)s."),
        "in": sheet.words.gettext("Only if “%(field)s” is %(value)s."),
        "gt": sheet.words.gettext("Only if “%(field)s” is more than %(value)s."),
        "lt": sheet.words.gettext("Only if “%(field)s” is less than %(value)s."),
    }
    value = sheet.words.gettext(" or ").join(said)
    return sentences[str(condition.operator)] % {
        "field": other.label if other else condition.field,
        "value": value,
    }


def _prefill(sheet: Sheet, field: Field, value: Any) -> Prefill | None:
    if not field.default_ref or value not in (None, ""):
        return None
    return Prefill(url=sheet.links.prefill(field.key), go=f"prefill:{field.key}")
