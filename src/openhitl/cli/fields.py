"""A form, asked for line by line. HITL v0.8 §10.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openhitl.cli.prompts import ask, ask_secret, complain, numbers_in
from openhitl.person.answers import Given, field_values, flag
from openhitl.person.drawing.forms import value_text
from openhitl.person.editor import edited
from openhitl.protocol.context import Context
from openhitl.protocol.fields import CHOICE_TYPES, Field, is_empty
from openhitl.protocol.visible import one_line

EDITOR = "."


def ask_form(parts: Context, given: Given) -> Given:
    """Ask for every field that is asked for, given what was answered before. HITL v0.8 §10.3.3."""
    form = parts.form
    if form is None:
        return given
    values: dict[str, Any] = {}
    for field in form.fields:
        if field in form.visible(values):
            value = _ask_field(parts, field)
            if not is_empty(value):
                values[field.key] = value
    return replace(given, data=values)


def _ask_field(parts: Context, field: Field) -> Any:
    """Ask until there is a value that the field takes, or none where it may stay empty."""
    for number, option in enumerate(field.options, 1):
        complain(f"{number}. {one_line(option.label)}")
    while True:
        typed = (ask_secret if field.sensitive else ask)(f"{one_line(field.label)}{_hint(field)}: ")
        if field.kind == "textarea" and typed.strip() == EDITOR:
            typed = edited(str(field.default or ""), name=f"{field.key}.txt")
        value = _decoded(parts, field, typed)
        if is_empty(value):
            if not field.required:
                return None
            complain("This is required.")
            continue
        error = field.check(value)
        if error is None:
            return value
        complain(error.message)


def _hint(field: Field) -> str:
    notes = [] if field.required else ["optional"]
    if field.default is not None:
        notes.append(f"Enter for {one_line(value_text(field, field.default))}")
    if field.kind == "boolean":
        notes.append("y/n")
    if field.kind == "multiselect":
        notes.append("numbers, with commas between")
    elif field.kind == "select":
        notes.append("a number")
    if field.kind == "date":
        notes.append("like 2026-05-31")
    if field.kind == "textarea":
        notes.append("one line, or . for your editor")
    return f" ({'; '.join(notes)})" if notes else ""


def _decoded(parts: Context, field: Field, typed: str) -> Any:
    if not typed.strip():
        return field.default
    if field.kind in CHOICE_TYPES:
        return _choice(field, typed)
    if field.kind == "boolean":
        value = flag(typed)
        return typed if value is None else value
    return field_values(parts, [(field.key, typed)]).get(field.key)


def _choice(field: Field, typed: str) -> Any:
    numbers = numbers_in(typed, len(field.options))
    if numbers is None:
        words = [one.strip() for one in typed.split(",")] if field.kind == "multiselect" else [typed.strip()]
        chosen: Sequence[str] = [_value(field, word) for word in words]
    else:
        chosen = [field.options[number - 1].value for number in dict.fromkeys(numbers)]
    if field.kind == "multiselect":
        return list(chosen)
    return chosen[0] if len(chosen) == 1 else typed


def _value(field: Field, word: str) -> str:
    """Find an option by value, else by label in any case; else the word, for the check to refuse."""
    if any(option.value == word for option in field.options):
        return word
    found = [one.value for one in field.options if one.label.casefold() == word.casefold()]
    return found[0] if len(found) == 1 else word
