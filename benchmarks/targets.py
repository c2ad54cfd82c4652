"""What the figures have to reach, and how several rounds become one figure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

#: At least this many times the peer's requests per second of server CPU.
LEAST_RATIO = {"create": 1.0, "poll 200": 3.0, "poll 304": 3.0, "respond": 1.0}
MOST_KIB_PER_STREAM = 14.0
MOST_P99_MILLISECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the result. `ratio` is ours by the peer's; `goal` is what must hold, in words."""

    name: str
    unit: str
    ours: float
    peer: float
    goal: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.peer


def rate_row(operation: str, ours: list[float], peer: list[float]) -> Row:
    """Compare requests per second of server CPU over the rounds."""
    least = LEAST_RATIO[operation]
    mine, theirs = median(ours), median(peer)
    return Row(
        name=operation,
        unit="requests per CPU second",
        ours=mine,
        peer=theirs,
        goal=f"≥ {least:g} × the peer",
        met=mine >= least * theirs,
    )


def wall_row(operation: str, ours: list[float], peer: list[float]) -> Row:
    """Compare requests per second of wall time; no goal, since it moves with the machine."""
    return Row(
        name=f"{operation}, by the clock", unit="requests per second", ours=median(ours), peer=median(peer)
    )


def ceiling_row(name: str, unit: str, ours: list[float], peer: list[float], *, most: float | None) -> Row:
    """Hold a figure, better when smaller, against an absolute limit if there is one."""
    mine = median(ours)
    goal = "" if most is None else f"≤ {most:g}"
    met = None if most is None else mine <= most
    return Row(name=name, unit=unit, ours=mine, peer=median(peer), goal=goal, met=met)
