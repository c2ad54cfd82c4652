"""The fields of a form and the parameters of a retry, to be filled in. HITL v0.8 §10.3, §10.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from openhitl.person.drawing.lines import said
from openhitl.person.screen.choosing import Choices
from openhitl.protocol.fields import CHOICE_TYPES, Field, Option
from openhitl.protocol.params import Param
from openhitl.protocol.tree import humanise
from openhitl.protocol.visible import visible

_YES_NO = (("yes", "Yes"), ("no", "No"))
_KINDS = {"choice": "select", "number": "number", "boolean": "boolean", "text": "text"}


class FieldBox(Vertical):
    """A field with its label, its hint and what is wrong with what was filled in."""

    DEFAULT_CSS = "FieldBox { height: auto; }"

    def __init__(self, field: Field) -> None:
        super().__init__(classes="field")
        self.field = field

    def compose(self) -> ComposeResult:
        need = "" if self.field.required else " (optional)"
        yield Static(f"{said(self.field.label)}{need}", classes="label", markup=False)
        if self.field.hint:
            yield Static(said(self.field.hint), markup=False)
        yield _control(self.field)
        yield Static("", classes="error", markup=False)

    def complain(self, message: str) -> None:
        """Say what is wrong; an empty text takes that back."""
        self.query_one(".error", Static).update(message)

    def typed(self) -> Sequence[tuple[str, str]]:
        """Return what was filled in as a form posts it: nothing for nothing, a pair for each choice."""
        control = self.query_one("#control")
        if isinstance(control, Choices):
            return [(self.field.key, value) for value in control.chosen]
        text = control.text if isinstance(control, TextArea) else control.value  # type: ignore[attr-defined]
        return [(self.field.key, text)] if text else []


def _control(field: Field) -> Widget:
    control = _choices(field) or _text(field)
    control.id = "control"
    return control


def _choices(field: Field) -> Choices | None:
    if field.kind in CHOICE_TYPES:
        options = [(option.value, option.label) for option in field.options]
        default = field.default if isinstance(field.default, list) else [field.default]
        return Choices(options, single=field.kind == "select", chosen=[str(one) for one in default])
    if field.kind == "boolean":
        chosen = [] if field.default is None else ["yes" if field.default else "no"]
        return Choices(_YES_NO, single=True, chosen=chosen)
    return None


def _text(field: Field) -> Input | TextArea:
    # As it is seen: what is sent from here is what stood there.
    default = "" if field.default is None else visible(str(field.default))
    if field.kind == "textarea":
        return TextArea(default)
    return Input(default, password=field.sensitive, placeholder=said(field.placeholder))


def field_of(param: Param) -> Field:
    """Make a field of a parameter, so that it is filled in as one."""
    unit = f" ({param.unit})" if param.unit else ""
    return Field(
        key=param.name,
        label=f"{humanise(param.name)}{unit}",
        type=_KINDS[param.kind],
        default=param.value,
        options=tuple(Option(choice, choice) for choice in param.choices),
    )


def changed(param: Param, typed: Sequence[tuple[str, str]]) -> bool:
    """Tell whether a parameter was given another value."""
    return bool(typed) and typed[0][1] != visible(_spelt(param.value))


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
