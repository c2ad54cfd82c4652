"""Values of form fields as text: in a control, and as a person reads them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openhitl.protocol.fields import Field
from openhitl.words import Words


def control_text(value: Any) -> str:
    """Spell a value as a control holds it; lists are no text."""
    if value is None or isinstance(value, list | tuple | dict):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def chosen_values(value: Any) -> list[str]:
    """Return the option values that a value stands for."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(entry) for entry in value]
    return [] if value in (None, "") else [control_text(value)]


def shown_values(field: Field, value: Any, words: Words) -> list[str]:
    """Say a value with the labels the person saw; nothing for an empty one."""
    if isinstance(value, bool):
        return [words.gettext("Yes") if value else words.gettext("No")]
    return [field.label_of(entry) for entry in chosen_values(value)]
