"""When a form field is asked for. HITL v0.8 §10.3.3."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from openhitl.protocol.numbers import is_number
from openhitl.protocol.record import record


class Operator(StrEnum):
    """How a condition compares."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    GT = "gt"
    LT = "lt"


@record(frozen=True, slots=True)
class Condition:
    """A field is asked for if the value of another one compares so."""

    field: str
    operator: Operator
    value: Any

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the condition holds; a field without a value meets none but `neq`.

        A multiple choice equals a value that it contains. Values of different kinds differ.
        """
        given = values.get(self.field)
        if self.operator is Operator.NEQ:
            return not _equal(given, self.value)
        if given is None:
            return False
        if self.operator is Operator.EQ:
            return _equal(given, self.value)
        if self.operator is Operator.IN:
            return any(_equal(given, one) for one in self.value)
        return _is_less(self.value, given) if self.operator is Operator.GT else _is_less(given, self.value)


def _equal(given: Any, wanted: Any) -> bool:
    if isinstance(given, list) and not isinstance(wanted, list):
        return wanted in given
    # In JSON true is not 1.
    return given == wanted and isinstance(given, bool) is isinstance(wanted, bool)


def _is_less(one: Any, other: Any) -> bool:
    both_text = isinstance(one, str) and isinstance(other, str)
    return bool(one < other) if both_text or (is_number(one) and is_number(other)) else False
