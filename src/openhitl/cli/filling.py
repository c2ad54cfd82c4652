"""Asking on a terminal for what an answer still lacks. HITL v0.8 §10."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from openhitl.cli.fields import ask_form
from openhitl.cli.prompts import agreed, ask, complain, numbers_in
from openhitl.errors import SetupError
from openhitl.person.answers import Given
from openhitl.person.asked import Asked
from openhitl.person.drawing.bodies import text_of
from openhitl.person.editor import edited
from openhitl.protocol.context import Context


def lacks(asked: Asked, action: str, given: Given) -> bool:
    """Tell whether there is something to ask for."""
    return _question(asked, action, given) is not None


def fill(asked: Asked, action: str, given: Given) -> Given:
    """Ask for what is missing. Raises: typer.Abort if that ends without an answer."""
    question = _question(asked, action, given)
    return given if question is None else question(asked.parts or Context(), given)


@dataclass(frozen=True, slots=True)
class Edited:
    """An artifact as text before it was edited, and what became of it."""

    before: str
    content: Any


def edit_artifact(asked: Asked, *, again: bool) -> Edited | None:
    """Have the artifact edited; return what became of it, None if that is what it was.

    Args:
        again: whether somebody is there to correct what is no JSON.

    Raises: SetupError if there is nothing to edit or no editor.
    """
    artifact = asked.parts.artifact if asked.parts else None
    if artifact is None:
        raise SetupError("This case holds no text to edit.", hint="Say what to change with --reason.")
    before = text_of(artifact.content)
    if isinstance(artifact.content, str):
        after = edited(before, name=f"text.{_ending(artifact.format)}")
        return None if after == before else Edited(before, after)
    text = before
    while True:
        text = edited(text, name="text.json")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            if again and agreed(f"That is not JSON ({error}). Edit it again?"):
                continue
            raise SetupError(f"What was edited is not JSON: {error}.") from error
        return None if value == artifact.content else Edited(before, value)


def _ending(artifact_format: str) -> str:
    endings = {"markdown": "md", "html": "html", "json": "json", "diff": "diff", "patch": "diff"}
    return endings.get(artifact_format.strip().lower(), "txt")


def _question(asked: Asked, action: str, given: Given) -> Callable[[Context, Given], Given] | None:
    parts = asked.parts or Context()
    if given.choose or given.data or given.content is not None:
        return None
    if action == "select":
        return _ask_items
    if action == "confirm" and parts.partial and parts.items:
        return _ask_items
    if action == "edit" and not given.reason:
        return _ask_changes
    return ask_form if action == "submit" and parts.form and not given.fields else None


def _ask_items(parts: Context, given: Given) -> Given:
    least, most = parts.min, len(parts.items) if parts.max is None else parts.max
    while True:
        typed = ask("Which? Their numbers, with commas between: ")
        numbers = numbers_in(typed, len(parts.items))
        if numbers is None:
            complain(f"Type numbers from 1 to {len(parts.items)}.")
        elif not least <= len(set(numbers)) <= most:
            complain(f"Choose {least} to {most}.")
        else:
            chosen = tuple(parts.items[number - 1].id for number in dict.fromkeys(numbers))
            if chosen:
                return replace(given, choose=chosen)
            return replace(given, data={"selected": []})


def _ask_changes(parts: Context, given: Given) -> Given:
    while True:
        typed = ask("What shall be changed? In one line, or . for your editor: ")
        words = edited("", name="changes.txt") if typed.strip() == "." else typed
        if words.strip():
            return replace(given, reason=words.strip())
        complain("Say what to change.")
