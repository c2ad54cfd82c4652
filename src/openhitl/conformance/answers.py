"""What a human could answer to a case, read from its hitl object. HITL v0.8 §10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openhitl.conformance.check import NotApplicable

#: §10: the actions of each type.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "approval": ("approve", "edit", "reject"),
    "selection": ("select",),
    "input": ("submit",),
    "confirmation": ("confirm", "cancel"),
    "escalation": ("retry", "skip", "abort"),
}
#: §10: where an answer of each type holds words of the human's own.
_WORDS = {
    "approval": "feedback",
    "selection": "note",
    "confirmation": "note",
    "escalation": "reason",
}
#: What says no: a service must not do anything real because it is tested.
_REFUSING = ("cancel", "reject", "abort", "skip")
_VALUES: Mapping[str, Any] = {
    "text": "some words",
    "textarea": "some words",
    "email": "someone@example.com",
    "url": "https://example.com/",
    "date": "2030-01-15",
    "boolean": True,
}


def actions_of(review_type: str) -> tuple[str, ...]:
    """Name the actions of a type; custom types are answered like input."""
    return ACTIONS.get(review_type, ("submit",))


def answer_to(hitl: Mapping[str, Any], words: str | None = None) -> dict[str, Any]:
    """Make a valid answer.

    Args:
        words: what the human says beside it.

    Raises: NotApplicable if the object does not say enough, or has no room for words.
    """
    review_type = str(hitl.get("type"))
    context = hitl.get("context")
    data = _DATA.get(review_type, _input_data)(context if isinstance(context, dict) else {})
    if words is not None:
        if review_type not in _WORDS:
            raise NotApplicable(f"an answer to a case of type {review_type} has no words of its own")
        data[_WORDS[review_type]] = words
    return {"action": refusing(actions_of(review_type)), "data": data}


def refusing(actions: Sequence[str]) -> str:
    """Choose the action after which nothing happens, where there is one."""
    return next((action for action in _REFUSING if action in actions), actions[0])


def holds(data: object, given: Mapping[str, Any]) -> bool:
    """Tell whether a result's data is what was sent; a service may add to it."""
    return isinstance(data, dict) and all(data.get(name) == value for name, value in given.items())


def _selection_data(context: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("items", "options", "options_preview"):
        items = context.get(name)
        ids = [item.get("id") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        ids = [one for one in ids if isinstance(one, str)]
        if ids:
            return {"selected": ids[:1]}
    raise NotApplicable("the context of the selection does not say which items there are")


def _input_data(context: Mapping[str, Any]) -> dict[str, Any]:
    return {str(field["key"]): _value(field) for field in fields_of(context) if field.get("required")}


def fields_of(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the form's fields, of all steps. Raises: NotApplicable without a form."""
    form = context.get("form")
    if not isinstance(form, dict):
        raise NotApplicable("the context of the input does not say which fields there are")
    steps = form.get("steps")
    holders = steps if isinstance(steps, list) else [form]
    fields = [field for holder in holders if isinstance(holder, dict) for field in holder.get("fields", ())]
    return [field for field in fields if isinstance(field, dict) and "key" in field]


def _value(field: Mapping[str, Any]) -> Any:
    """Fill in one field."""
    kind = field.get("type")
    limits = field.get("validation") or {}
    if "pattern" in limits or "conditional" in field:
        raise NotApplicable(f"nothing is known to fit the field {field['key']}")
    if kind in ("number", "range"):
        return limits.get("min", limits.get("max", 1))
    if kind in ("select", "multiselect"):
        options = [option["value"] for option in field.get("options", ()) if "value" in option]
        if not options:
            raise NotApplicable(f"the field {field['key']} has no options")
        return options[0] if kind == "select" else options[:1]
    if kind == "date":
        return limits.get("min", _VALUES["date"])
    value = _VALUES.get(str(kind), _VALUES["text"])
    if isinstance(value, str) and kind in ("text", "textarea"):
        value = value.ljust(int(limits.get("minLength", 0)), "x")[: int(limits.get("maxLength", 1000))]
    return value


_DATA: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "approval": lambda context: {},
    "confirmation": lambda context: {},
    "escalation": lambda context: {},
    "selection": _selection_data,
}
