"""Retry parameters as a small form, and which of them the person changed. HITL v0.8 §10.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openhitl.protocol.context import Context
from openhitl.protocol.fields import Field, FieldError, Option
from openhitl.protocol.forms import Form, Step
from openhitl.protocol.params import Param
from openhitl.protocol.record import record
from openhitl.protocol.tree import humanise
from openhitl.review.pages.field_values import shown_values
from openhitl.words import Words

_TYPES = {"choice": "select", "number": "number", "boolean": "boolean", "text": "text"}


@record(frozen=True, slots=True)
class ChangedParam:
    """A parameter before and after, as text; before is empty when it had no value."""

    label: str
    before: str
    after: str


def params_form(context: Context) -> Form:
    """Make a form of a case's parameters, so that they are drawn, decoded and checked as fields are."""
    fields = tuple(_field(param) for param in context.params)
    return Form(steps=(Step("", "", fields),), has_steps=False)


def param_label(param: Param) -> str:
    """Name a parameter with its unit."""
    return f"{humanise(param.name)} ({param.unit})" if param.unit else humanise(param.name)


def _field(param: Param) -> Field:
    return Field(
        key=param.name,
        label=param_label(param),
        type=_TYPES[param.kind],
        # A pair of radios, so that what is not posted is not taken for "no".
        required=param.kind == "boolean",
        default=param.value,
        options=tuple(Option(choice, choice) for choice in param.choices),
        least=param.least,
        most=param.most,
    )


def param_errors(form: Form, pairs: Sequence[tuple[str, str]]) -> dict[str, FieldError]:
    """Check posted parameters against a `params_form`; none of them has to be given."""
    errors = form.check(form.from_text(pairs)).errors
    return {name: error for name, error in errors.items() if error.code != "required"}


def modified_params(context: Context, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Decode posted parameters; those left empty or as they were are left out."""
    values = params_form(context).from_text(pairs)
    present = {param.name: param.value for param in context.params}
    return {name: value for name, value in values.items() if value != present[name]}


def changed_params(context: Context, pairs: Sequence[tuple[str, str]], words: Words) -> list[ChangedParam]:
    """List what was changed, for the page that shows it before it is sent."""
    fields = {field.key: field for field in params_form(context).fields}
    return [
        ChangedParam(
            label=fields[name].label,
            before=", ".join(shown_values(fields[name], fields[name].default, words)),
            after=", ".join(shown_values(fields[name], value, words)),
        )
        for name, value in modified_params(context, pairs).items()
    ]
