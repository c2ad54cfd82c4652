"""What a check is, and how it says that a service deviates or that it does not apply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from inspect import getdoc
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openhitl.conformance.probe import Probe


class Level(StrEnum):
    """How much a requirement binds (RFC 2119), spelled as how bad it is not to meet it."""

    MUST = "error"
    SHOULD = "warning"
    MAY = "info"


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Deviation(Exception):
    """The service does something else than what is required."""

    def __init__(self, expected: object, seen: object) -> None:
        self.expected = str(expected)
        self.seen = str(seen)
        super().__init__(f"expected {self.expected}, saw {self.seen}")


class NotApplicable(Exception):
    """The check cannot be made here; the message says why."""


Run = Callable[["Probe"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement. `area` and `id` follow from where the function stands."""

    id: str
    area: str
    title: str
    level: Level
    section: str
    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one check ended: what a deviation expected and saw, or why the check was skipped."""

    check: Check
    verdict: Verdict
    expected: str = ""
    seen: str = ""
    reason: str = ""


def check(level: Level, section: str) -> Callable[[Run], Check]:
    """Make a check of a function: its docstring's first line is the requirement.

    Args:
        section: of HITL v0.8, or of an RFC that it builds on.
    """

    def made(run: Run) -> Check:
        area = run.__module__.rpartition(".")[2]
        name = getattr(run, "__name__", "")
        title = (getdoc(run) or "").partition("\n")[0]
        return Check(f"{area}.{name}", area, title, level, section, run)

    return made


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """Return the checks that a module defines, in its order."""
    return tuple(value for value in vars(module).values() if isinstance(value, Check))


def expect(holds: object, expected: object, seen: object) -> None:
    """Raise Deviation unless a condition holds."""
    if not holds:
        raise Deviation(expected, seen)


def expect_none(problems: Iterable[str], expected: str) -> None:
    """Raise one Deviation for all problems, if there are any."""
    found = "; ".join(problems)
    if found:
        raise Deviation(expected, found)
