"""Which answers a case takes. HITL v0.8 §10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from openhitl.errors import InvalidAction, InvalidAnswer
from openhitl.protocol.case import SEALED_TYPE, Content, Json, actions_of
from openhitl.protocol.context import Context
from openhitl.protocol.fields import MAX_TEXT_CHARACTERS
from openhitl.protocol.params import Param
from openhitl.protocol.problems import check_storable
from openhitl.protocol.record import record
from openhitl.protocol.sealed.carried import answer_field, answer_flaw


@record(frozen=True, slots=True)
class CheckedAnswer:
    """A valid answer: hidden form fields are left out of `data`; `sensitive` names its secret keys."""

    action: str
    data: dict[str, Any]
    sensitive: frozenset[str] = frozenset()


def check_answer(content: Content, context: Context, action: str, data: Json) -> CheckedAnswer:
    """Check an answer against what was asked.

    Raises: InvalidAction for an action that is not of this type; InvalidRequest for what cannot be
    stored; InvalidAnswer with `errors`, a list of path, code and message (and of a form's `field` and
    its `params`).
    """
    check_storable({"data": data})
    actions = actions_of(content.type)
    if action not in actions:
        raise InvalidAction(valid_actions=list(actions))
    faults = _Faults()
    check = _CHECKS.get(content.type, _check_input)
    checked = check(context, action, dict(data), faults)
    if faults.errors:
        raise InvalidAnswer(errors=faults.errors)
    return checked


class _Faults:
    """Collects what is wrong with an answer."""

    def __init__(self) -> None:
        self.errors: list[dict[str, Any]] = []

    def add(self, path: str, code: str, message: str, **more: Any) -> None:
        self.errors.append({"path": path, "code": code, "message": message, **more})

    def text(self, data: Json, name: str) -> None:
        value = data.get(name, "")
        if not isinstance(value, str):
            self.add(f"data.{name}", "wrong_type", "must be text")
        elif len(value) > MAX_TEXT_CHARACTERS:
            self.add(f"data.{name}", "too_long", f"must have at most {MAX_TEXT_CHARACTERS} characters")

    def only(self, data: Json, *names: str) -> None:
        for name in data:
            if name not in names:
                self.add(f"data.{name}", "unknown_field", "is not part of this answer")


def _check_approval(context: Context, action: str, data: dict[str, Any], faults: _Faults) -> CheckedAnswer:
    """HITL v0.8 §10.1. An edit says what to change: in words, or as the edited content."""
    faults.only(data, "feedback", "edits")
    faults.text(data, "feedback")
    edits = data.get("edits", {})
    if not isinstance(edits, Mapping):
        faults.add("data.edits", "wrong_type", "must be an object")
    elif edits and action != "edit":
        # An agent that reads only the action would otherwise run the unedited text.
        faults.add("data.edits", "edits_need_edit", "are sent with the action edit")
    elif action == "edit" and not edits and not str(data.get("feedback", "")).strip():
        faults.add("data.feedback", "required", "say what to change")
    elif _replaces_text(context) and not isinstance(edits.get("content", ""), str):
        faults.add("data.edits.content", "wrong_type", "must be text, as the artifact is")
    return CheckedAnswer(action, data)


def _replaces_text(context: Context) -> bool:
    return context.artifact is not None and isinstance(context.artifact.content, str)


def _check_selection(context: Context, action: str, data: dict[str, Any], faults: _Faults) -> CheckedAnswer:
    """HITL v0.8 §10.2."""
    faults.only(data, "selected", "note")
    faults.text(data, "note")
    selected = _ids(data.get("selected"), "selected", context, faults)
    most = len(context.items) if context.max is None else context.max
    if selected is not None and not context.min <= len(selected) <= most:
        faults.add("data.selected", "wrong_count", _how_many(context.min, most))
    return CheckedAnswer(action, data)


def _how_many(least: int, most: int) -> str:
    return f"choose {least}" if least == most else f"choose {least} to {most}"


def _ids(value: Any, name: str, context: Context, faults: _Faults) -> list[str] | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        faults.add(f"data.{name}", "wrong_type", "must be an array of item ids")
        return None
    known = {item.id for item in context.items}
    for index, one in enumerate(value):
        if one not in known:
            faults.add(f"data.{name}[{index}]", "unknown_option", "is not an item of this case")
    if len(set(value)) < len(value):
        faults.add(f"data.{name}", "repeated", "names the same item twice")
    return value


def _check_confirmation(
    context: Context, action: str, data: dict[str, Any], faults: _Faults
) -> CheckedAnswer:
    """HITL v0.8 §10.4. A part may be confirmed only where the case allows it, and is then named."""
    faults.only(data, "confirmed_items", "note")
    faults.text(data, "note")
    if "confirmed_items" not in data:
        if action == "confirm" and context.items:
            if context.partial:
                faults.add("data.confirmed_items", "required", "say which items are confirmed")
            # A bare "confirm", from a button in a chat, means all of what was asked.
            data = {**data, "confirmed_items": [item.id for item in context.items]}
        return CheckedAnswer(action, data)
    if action != "confirm":
        faults.add("data.confirmed_items", "unknown_field", "goes with the action confirm")
        return CheckedAnswer(action, data)
    confirmed = _ids(data["confirmed_items"], "confirmed_items", context, faults)
    if confirmed == [] and context.items:
        faults.add("data.confirmed_items", "wrong_count", "confirm at least one item, or cancel")
    elif confirmed is not None and not context.partial and len(confirmed) < len(context.items):
        faults.add("data.confirmed_items", "not_partial", "all items are confirmed together")
    return CheckedAnswer(action, data)


def _check_escalation(context: Context, action: str, data: dict[str, Any], faults: _Faults) -> CheckedAnswer:
    """HITL v0.8 §10.5. Only parameters that the case names may be changed, and only for a retry."""
    faults.only(data, "reason", "modified_params")
    faults.text(data, "reason")
    modified = data.get("modified_params", {})
    if not isinstance(modified, Mapping):
        faults.add("data.modified_params", "wrong_type", "must be an object")
    elif modified and action != "retry":
        faults.add("data.modified_params", "unknown_field", "go with the action retry")
    else:
        params = {param.name: param for param in context.params}
        for name, value in modified.items():
            _check_param(name, value, params.get(name), faults)
    return CheckedAnswer(action, data)


def _check_param(name: str, value: Any, param: Param | None, faults: _Faults) -> None:
    path = f"data.modified_params.{name}"
    if param is None:
        faults.add(path, "unknown_field", "is not a parameter of this case")
    elif not param.accepts(value):
        faults.add(path, "wrong_type", param.expectation)


def _check_input(context: Context, action: str, data: dict[str, Any], faults: _Faults) -> CheckedAnswer:
    """HITL v0.8 §10.3. Without a form (custom types) any object answers."""
    if context.form is None:
        return CheckedAnswer(action, data)
    result = context.form.check(data)
    for key, error in result.errors.items():
        faults.add(f"data.{key}", error.code, error.message, field=key, params=dict(error.params))
    return CheckedAnswer(action, result.values, context.form.sensitive_keys & result.values.keys())


def _check_sealed(context: Context, action: str, data: dict[str, Any], faults: _Faults) -> CheckedAnswer:
    """An answer to an envelope is one: whether it is right, whoever asked checks."""
    name = answer_field(context.rest)
    faults.only(data, name)
    flaw = answer_flaw(context.rest, data)
    if flaw is not None:
        faults.add(flaw[0], "wrong_type", flaw[1])
    return CheckedAnswer(action, data)


_CHECKS: Mapping[str, Callable[[Context, str, dict[str, Any], _Faults], CheckedAnswer]] = {
    "approval": _check_approval,
    "selection": _check_selection,
    "confirmation": _check_confirmation,
    "escalation": _check_escalation,
    SEALED_TYPE: _check_sealed,
}
