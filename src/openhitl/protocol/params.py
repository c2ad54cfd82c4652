"""Parameters that a human may change before a retry. HITL v0.8 §10.5 `modified_params`.

`context.params` names them with their present values. `context.retry_options` bounds them: a list
`strategies` holds the choices of `strategy`, an object `timeout_range` with `min` and `max` bounds
the number `timeout`. Anything else in `retry_options` is information.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.protocol.case import Json
from openhitl.protocol.numbers import is_number
from openhitl.protocol.record import record

_RANGE = "_range"


@record(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter: its name, present value, and what it may become.

    `kind` is choice, number, boolean or text.
    """

    name: str
    kind: str
    value: Any = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def accepts(self, value: Any) -> bool:
        """Tell whether the parameter may become this."""
        if self.kind == "choice":
            return value in self.choices
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "text":
            return isinstance(value, str)
        if not is_number(value):
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    @property
    def expectation(self) -> str:
        """Say in English what the parameter may become."""
        if self.kind == "choice":
            return f"must be one of {', '.join(self.choices)}"
        if self.kind == "boolean":
            return "must be true or false"
        if self.kind == "text":
            return "must be text"
        return "must be a number" if self.least is None else f"must be from {self.least} to {self.most}"


def parse_params(params: Json, options: Json) -> tuple[Param, ...]:
    """Combine present values and bounds, in the order they are given."""
    found: dict[str, Param] = {}
    for name, value in params.items():
        kind = _kind(value)
        if kind:
            found[name] = Param(name=name, kind=kind, value=value)
    for name, bound in options.items():
        param = _choice(name, bound, params) or _ranged(name, bound, params)
        if param:
            found[param.name] = param
    return tuple(found.values())


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    return "text" if isinstance(value, str) else None


def _choice(name: str, bound: Any, params: Json) -> Param | None:
    if not isinstance(bound, list) or not bound or not all(isinstance(one, str) for one in bound):
        return None
    singular = _singular(name)
    return Param(name=singular, kind="choice", value=params.get(singular), choices=tuple(bound))


def _ranged(name: str, bound: Any, params: Json) -> Param | None:
    if not name.endswith(_RANGE) or not isinstance(bound, Mapping):
        return None
    least, most = bound.get("min"), bound.get("max")
    if not is_number(least) or not is_number(most) or least > most:
        return None
    name = name.removesuffix(_RANGE)
    unit = bound.get("unit")
    return Param(
        name=name,
        kind="number",
        value=params.get(name),
        least=least,
        most=most,
        unit=unit if isinstance(unit, str) else "",
    )


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") else name
