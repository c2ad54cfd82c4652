"""What is wrong with form values, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from openhitl.protocol.fields import MESSAGES, Field, FieldError
from openhitl.protocol.forms import Form
from openhitl.review.pages.field_values import control_text
from openhitl.words import Words


def say_errors(form: Form, errors: Mapping[str, FieldError], words: Words) -> dict[str, str]:
    """Say each error, in the order of the form's fields."""
    return {
        field.key: say_error(field, errors[field.key], words) for field in form.fields if field.key in errors
    }


def say_error(field: Field, error: FieldError, words: Words) -> str:
    """Say one error; a number out of bounds is told both of them."""
    if error.code in ("too_small", "too_large") and None not in (field.least, field.most):
        return words.gettext("Enter a number from %(low)s to %(high)s.") % {
            "low": control_text(field.least),
            "high": control_text(field.most),
        }
    params = {name: control_text(value) for name, value in error.params.items()}
    return words.gettext(MESSAGES[error.code]).format(**params)
