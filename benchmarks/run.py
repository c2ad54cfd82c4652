"""Runs the benchmark: both contestants, several times in turn. `python -m benchmarks.run`.

Exits with 1 when a goal is missed or a single answer was wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from benchmarks.contestants import CONTESTANTS, OURS, PEER, Place, Running, running
from benchmarks.measures import (
    HEARTBEAT_ROUND_SECONDS,
    OPERATIONS,
    measure_latency,
    measure_memory,
    measure_operations,
)
from benchmarks.process import raise_file_limit, share_cores
from benchmarks.report import machine, table, write_json
from benchmarks.requests import body, headers
from benchmarks.targets import (
    MOST_KIB_PER_STREAM,
    MOST_P99_MILLISECONDS,
    Row,
    ceiling_row,
    rate_row,
    wall_row,
)

#: Equal work: no body may differ from the peer's by more than this part.
BODY_TOLERANCE = 0.02
#: Files beside the streams: listeners, databases, the load's own connections.
SPARE_FILES = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    cases: int
    polls: int
    waiting: int
    answers: int
    idle: int
    settle_seconds: float


FULL = Plan(5, 5_000, 20_000, waiting=2_000, answers=500, idle=10_000, settle_seconds=HEARTBEAT_ROUND_SECONDS)
QUICK = Plan(2, 2_000, 6_000, waiting=500, answers=200, idle=2_000, settle_seconds=1.0)


class Results:
    """Figures by name and contestant, one a round."""

    def __init__(self) -> None:
        self.rounds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, name: str, contestant: str, figure: float) -> None:
        """Keep one figure."""
        self.rounds[name][contestant].append(figure)

    def of(self, name: str) -> tuple[list[float], list[float]]:
        """Return ours and the peer's figures of one name."""
        return self.rounds[name][OURS], self.rounds[name][PEER]


def main() -> int:
    """Measure, print, write; return the exit code."""
    options = _options()
    plan = QUICK if options.quick else FULL
    if raise_file_limit() < plan.idle + SPARE_FILES:
        print(f"error: {plan.idle} streams need a higher limit of open files (ulimit -n)", file=sys.stderr)
        return 1
    place = Place(core=share_cores(), disk=options.disk)
    results = Results()
    compare_operations(plan, place, results)
    compare_streams(plan, place, results)
    rows = _rows(plan, results)
    about = machine(options.disk)
    print(table(rows))
    print(f"\n{about['processor']}, {about['system']}, Python {about['python']}, {about['disk']}")
    if options.json:
        write_json(options.json, about=about, rows=rows, rounds=results.rounds)
    return 0 if all(row.met is not False for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run, only indicative")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    parser.add_argument(
        "--disk", type=Path, default=Path("/var/tmp"), metavar="FOLDER", help="where the database goes"
    )
    return parser.parse_args()


def compare_operations(plan: Plan, place: Place, results: Results) -> None:
    """Measure the four requests of both contestants in turn, on the same two processes throughout."""
    with ExitStack() as stack:
        contestants = [stack.enter_context(running(name, place)) for name in CONTESTANTS]
        _warm_up(contestants)
        for number in range(plan.rounds):
            for contestant in contestants if number % 2 else reversed(contestants):
                measured = _run(measure_operations(contestant, cases=plan.cases, polls=plan.polls))
                for operation, taken in measured.items():
                    results.add(operation, contestant.name, taken.per_cpu_second)
                    results.add(f"{operation} wall", contestant.name, taken.per_second)
            _say(f"requests: round {number + 1} of {plan.rounds}")


def _warm_up(contestants: list[Running]) -> None:
    """Let both run a little, and hold their answers against each other. Raises: ValueError."""
    first, second = (_run(measure_operations(one, cases=500, polls=500)) for one in contestants)
    for operation in OPERATIONS:
        ours, peer = (taken[operation].responses[0] for taken in (first, second))
        sizes = len(body(ours)), len(body(peer))
        if abs(sizes[0] - sizes[1]) > BODY_TOLERANCE * max(sizes):
            raise ValueError(f"{operation}: bodies of {sizes[0]} and {sizes[1]} bytes are not equal work")
        if headers(ours).keys() != headers(peer).keys():
            raise ValueError(f"{operation}: not the same headers: {headers(ours)}, {headers(peer)}")


def compare_streams(plan: Plan, place: Place, results: Results) -> None:
    """Measure idle streams of both contestants, each time on a new process."""
    for number in range(plan.rounds):
        for name in CONTESTANTS:
            with running(name, place) as contestant:
                latency = _run(measure_latency(contestant, idle=plan.waiting, answers=plan.answers))
                results.add("submit to event p50", name, latency.p50)
                results.add("submit to event p99", name, latency.p99)
        _say(f"latency: round {number + 1} of {plan.rounds}")
    for name in CONTESTANTS:
        with running(name, place) as contestant:
            kib = _run(measure_memory(contestant, idle=plan.idle, settle_seconds=plan.settle_seconds))
            results.add("memory per idle stream", name, kib)
    _say("memory")


def _rows(plan: Plan, results: Results) -> list[Row]:
    rows = [rate_row(operation, *results.of(operation)) for operation in OPERATIONS]
    rows += [wall_row(operation, *results.of(f"{operation} wall")) for operation in OPERATIONS]
    at = f"at {plan.waiting:,} streams"
    p50, p99 = (f"submit to event {which}" for which in ("p50", "p99"))
    rows.append(ceiling_row(f"{p50} {at}", "ms", *results.of(p50), most=None))
    rows.append(ceiling_row(f"{p99} {at}", "ms", *results.of(p99), most=MOST_P99_MILLISECONDS))
    memory = "memory per idle stream"
    rows.append(
        ceiling_row(f"{memory} at {plan.idle:,}", "KiB", *results.of(memory), most=MOST_KIB_PER_STREAM)
    )
    return rows


def _run(measure: Coroutine[Any, Any, T]) -> T:
    return uvloop.run(measure)


def _say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
