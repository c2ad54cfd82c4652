"""What a human could answer to a case, read from its hitl object. HITL v0.8 §10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openhitl.conformance.check import NotApplicable
from openhitl.conformance.schema import problems
from openhitl.conformance.wire_objects import FORM

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
REFUSING = ("cancel", "reject", "abort", "skip", "edit")
SOME_WORDS = "some words"
_VALUES: Mapping[str, Any] = {
    "email": "someone@example.com",
    "url": "https://example.com/",
    "date": "2030-01-15",
    "boolean": True,
}


def actions_of(review_type: str) -> tuple[str, ...]:
    """Name the actions of a type; custom types are answered like input."""
    return ACTIONS.get(review_type, ("submit",))


def answer_to(hitl: Mapping[str, Any], words: str | None = None) -> dict[str, Any]:
    """Make a valid answer, one after which nothing happens where there is such.

    Args:
        words: what the human says beside it.

    Raises: NotApplicable if the object does not say enough, or has no room for words.
    """
    review_type = str(hitl.get("type"))
    context = hitl.get("context")
    context = context if isinstance(context, dict) else {}
    data = _DATA.get(review_type, _input_data)(context)
    if words is not None:
        data[_WORDS.get(review_type) or _words_field(context)] = words
    return {"action": refusing(actions_of(review_type)), "data": data}


def refusing(actions: Sequence[str]) -> str:
    """Choose the action after which nothing happens, where there is one. Raises: NotApplicable."""
    if not actions:
        raise NotApplicable("there is no action")
    return next((action for action in REFUSING if action in actions), actions[0])


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
    """List the form's fields, of all steps. Raises: NotApplicable without a form that can be read."""
    form = context.get("form")
    if not isinstance(form, dict) or any(problems(form, FORM)):
        raise NotApplicable("the context of the input does not say which fields there are")
    return [field for part in form.get("steps", [form]) for field in part["fields"]]


def _words_field(context: Mapping[str, Any]) -> str:
    for field in fields_of(context):
        if field["type"] in ("text", "textarea") and not {"validation", "conditional"} & field.keys():
            return str(field["key"])
    raise NotApplicable("the form has no field for words")


def _value(field: Mapping[str, Any]) -> Any:
    """Fill in one field."""
    kind, limits = field["type"], field.get("validation", {})
    if "pattern" in limits or "conditional" in field:
        raise NotApplicable(f"nothing is known to fit the field {field['key']}")
    if kind in ("number", "range"):
        return limits.get("min", limits.get("max", 1))
    if kind in ("select", "multiselect"):
        options = [option["value"] for option in field.get("options", ())]
        if not options:
            raise NotApplicable(f"the field {field['key']} has no options")
        return options[0] if kind == "select" else options[:1]
    if kind not in ("text", "textarea"):
        return _VALUES.get(kind, SOME_WORDS)
    return SOME_WORDS.ljust(limits.get("minLength", 0), "x")[: limits.get("maxLength")]


_DATA: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "approval": lambda context: {},
    "confirmation": lambda context: {},
    "escalation": lambda context: {},
    "selection": _selection_data,
}
