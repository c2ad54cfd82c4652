"""From what a person gives to an answer that their case takes. HITL v0.8 §10."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from openhitl.errors import InvalidAction, InvalidAnswer, InvalidRequest
from openhitl.person.asked import Asked
from openhitl.protocol.answers import check_answer
from openhitl.protocol.case import Json
from openhitl.protocol.context import Context, Item
from openhitl.protocol.numbers import parse_number
from openhitl.protocol.params import Param
from openhitl.protocol.problems import invalid
from openhitl.protocol.record import record

#: Where an answer of each type holds what people say in their own words.
WORDS: Mapping[str, str] = {
    "approval": "feedback",
    "selection": "note",
    "confirmation": "note",
    "escalation": "reason",
}
_YES, _NO = frozenset({"yes", "y", "true", "on", "1"}), frozenset({"no", "n", "false", "off", "0"})


@record(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person gives beside the action.

    Args:
        data: the data as it shall be sent; the rest is put into it.
        reason: their own words.
        choose: items, by id or title.
        fields: pairs of a form field's or parameter's name and its value as typed; a name may repeat.
        content: the artifact as they edited it.
    """

    data: Json = field(default_factory=dict)
    reason: str = ""
    choose: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    content: Any = None


def answer_data(asked: Asked, action: str, given: Given) -> dict[str, Any]:
    """Put the data of an answer together and check it.

    Raises: InvalidAction, InvalidRequest and InvalidAnswer, which list what is wrong by path.
    """
    if asked.seal is not None and asked.seal.takes_no_answer:
        raise InvalidAction(f"This is encrypted and takes no answer here. {asked.seal.takes_no_answer}")
    if action not in asked.actions:
        actions = ", ".join(asked.actions)
        raise InvalidAction(f"Case {asked.ref} takes no such answer: it takes {actions}.")
    data = dict(given.data)
    parts = asked.parts or Context()
    for name, value in _named(asked, action, parts, given):
        if name in data:
            invalid(f"data.{name}", "is given twice")
        data[name] = value
    if asked.parts is not None:
        check_answer(asked.content(), asked.parts, action, data)
    return data


def _named(asked: Asked, action: str, parts: Context, given: Given) -> Sequence[tuple[str, Any]]:
    """Say what each thing that was given is called in the data."""
    named: list[tuple[str, Any]] = []
    if given.reason:
        if asked.type not in WORDS:
            invalid("reason", "is no part of an answer to this type: give fields")
        named.append((WORDS[asked.type], given.reason))
    if given.choose:
        named.append((_choice_name(asked, action), chosen_ids(parts.items, given.choose)))
    if given.content is not None:
        named.append(("edits", {"content": given.content}))
    if given.fields and asked.type == "escalation":
        named.append(("modified_params", _params(parts.params, given.fields)))
    elif given.fields:
        named += field_values(parts, given.fields).items()
    return named


def _choice_name(asked: Asked, action: str) -> str:
    name = {("selection", "select"): "selected", ("confirmation", "confirm"): "confirmed_items"}.get(
        (asked.type, action)
    )
    return name or invalid("choose", "goes with select and confirm")


def chosen_ids(items: Sequence[Item], wanted: Sequence[str]) -> list[str]:
    """Find items by id, else by title, in any case. Raises: InvalidRequest."""
    return [_find(items, one) for one in wanted]


def _find(items: Sequence[Item], wanted: str) -> str:
    tests: tuple[Callable[[Item], bool], ...] = (
        lambda item: item.id == wanted,
        lambda item: item.title == wanted,
        lambda item: item.title.casefold() == wanted.strip().casefold(),
    )
    for test in tests:
        found = [item.id for item in items if test(item)]
        if len(found) == 1:
            return found[0]
        if found:
            invalid("choose", f"{wanted!r} names {len(found)} items: use an id")
    known = ", ".join(item.id for item in items[:20])
    return invalid("choose", f"{wanted!r} is no item of this case; it has {known}")


def field_values(parts: Context, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Decode what was typed into the fields of a form. Raises: InvalidAnswer for a field it does not have."""
    if parts.form is None:
        return dict(pairs)
    known = {one.key: one for one in parts.form.fields}
    unknown = [name for name, _ in pairs if name not in known]
    if unknown:
        errors = [
            {"path": f"data.{name}", "code": "unknown_field", "message": "This form has no such field."}
            for name in unknown
        ]
        raise InvalidAnswer(errors=errors)
    flags = {name: flag(text) for name, text in pairs if known[name].kind == "boolean"}
    typed = {name for name, _ in pairs} - set(flags)
    decoded = parts.form.from_text(pairs)
    # A box that is not ticked on a page is false; here nobody has seen one.
    values = {name: value for name, value in decoded.items() if name in typed}
    # What is neither yes nor no stays text, for the check to refuse.
    return values | {
        name: text if flags[name] is None else flags[name] for name, text in pairs if name in flags
    }


def flag(text: str) -> bool | None:
    """Read a yes or no as people type it; None for anything else."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def _params(params: Sequence[Param], pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    known = {param.name: param for param in params}
    return {name: _param_value(known.get(name), text) for name, text in pairs}


def _param_value(param: Param | None, text: str) -> Any:
    """Decode a parameter as typed; what cannot be read stays text, for the check to refuse."""
    if param is not None and param.kind == "number":
        number = parse_number(text)
        return text if number is None else number
    if param is not None and param.kind == "boolean":
        value = flag(text)
        return text if value is None else value
    return text


def split_fields(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Split `name=value` as typed. Raises: InvalidRequest."""
    pairs = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise InvalidRequest(f"A field is given as name=value, which {one!r} is not.")
        pairs.append((name.strip(), value))
    return tuple(pairs)
