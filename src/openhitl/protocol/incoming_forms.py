"""What a form asks for, read from whatever a service sent. HITL v0.8 §10.3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openhitl.protocol.case import Json
from openhitl.protocol.visible import one_line

MAX_TITLE_CHARACTERS = 60
MAX_TITLES = 8


@dataclass(frozen=True, slots=True)
class FormSummary:
    """How much a form asks for. `steps` are the titles of a wizard's steps; none for a single page."""

    steps: tuple[str, ...]
    fields: int
    required: int

    @property
    def line(self) -> str:
        """Say it in one line, as `3-step form (Person, Job, Review): 5 fields, 3 required`."""
        plural = "" if self.fields == 1 else "s"
        count = f"{self.fields} field{plural}, {self.required} required"
        if not self.steps:
            return f"Form: {count}"
        titles = ", ".join(_short(title) for title in self.steps[:MAX_TITLES])
        more = ", …" if len(self.steps) > MAX_TITLES else ""
        return f"{len(self.steps)}-step form ({titles}{more}): {count}"


def form_summary(context: Json) -> FormSummary | None:
    """Summarise the form of a case's context; None if there is none."""
    form = context.get("form")
    if not isinstance(form, Mapping):
        return None
    fields = list(_fields(form))
    return FormSummary(
        steps=tuple(str(step.get("title") or "") for step in _objects(form.get("steps"))),
        fields=len(fields),
        required=sum(field.get("required") is True for field in fields),
    )


def sensitive_keys(context: Json) -> frozenset[str]:
    """Name the fields whose values no agent may log or show. HITL v0.8 §10.3.1.

    Anything but a plain false counts: a service that says "yes" means it too.
    """
    form = context.get("form")
    if not isinstance(form, Mapping):
        return frozenset()
    return frozenset(str(field.get("key")) for field in _fields(form) if field.get("sensitive"))


class Values(dict[str, Any]):
    """What a human answered: a dict that shows no sensitive value when it is printed or logged.

    Reading a value, iterating and JSON give what was answered.
    """

    def __init__(
        self, values: Json | Iterable[tuple[str, Any]] = (), sensitive: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(values)
        self.sensitive = sensitive

    def __repr__(self) -> str:
        return repr(self.shown())

    def shown(self) -> dict[str, Any]:
        """Return a copy in which sensitive values are masked."""
        return {key: "(hidden)" if key in self.sensitive else value for key, value in self.items()}


def _fields(form: Json) -> Iterator[Json]:
    yield from _objects(form.get("fields"))
    for step in _objects(form.get("steps")):
        yield from _objects(step.get("fields"))


def _objects(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _short(title: str) -> str:
    line = one_line(title)
    return line if len(line) <= MAX_TITLE_CHARACTERS else f"{line[: MAX_TITLE_CHARACTERS - 1]}…"
