"""Saying what was found: for people, for programs, and for CI systems (JUnit)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from openhitl.conformance.check import Level, Outcome, Verdict
from openhitl.conformance.run import Results

SPEC_VERSION = "0.8"
_COUNTED = {Level.MUST: "error", Level.SHOULD: "warning", Level.MAY: "info"}


def text(results: Results) -> str:
    """Write the report for people: findings by area, what did not apply, a summary line."""
    lines = [f"HITL v{SPEC_VERSION} conformance of {results.url}", ""]
    for area, outcomes in _by_area(results).items():
        lines.append(f"{area:<16}{_tally(outcomes)}")
        lines += [line for one in outcomes if one.verdict is Verdict.FAILED for line in _finding(one)]
    skipped = [one for one in results.outcomes if one.verdict is Verdict.SKIPPED]
    if skipped:
        lines += ["", "Not applicable:", *(f"  {one.check.id}: {one.reason}" for one in skipped)]
    return "\n".join([*lines, "", summary(results)])


def summary(results: Results) -> str:
    """Say in one line how many checks ended how."""
    levels = [_plural(len(results.failed(level)), name) for level, name in _COUNTED.items()]
    return (
        f"{_plural(len(results.outcomes), 'check')}: {results.counted(Verdict.PASSED)} passed, "
        f"{', '.join(levels)}, {results.counted(Verdict.SKIPPED)} not applicable"
    )


def document(results: Results) -> dict[str, Any]:
    """Spell the results for programs."""
    return {
        "url": results.url,
        "spec_version": SPEC_VERSION,
        "conforms": results.conforms(),
        "summary": {
            "passed": results.counted(Verdict.PASSED),
            "skipped": results.counted(Verdict.SKIPPED),
            **{f"{name}s": len(results.failed(level)) for level, name in _COUNTED.items()},
        },
        "checks": [_spelled(one) for one in results.outcomes],
    }


def junit(results: Results, *, strict: bool = False) -> bytes:
    """Write a JUnit file: a suite an area, a case a check.

    What does not make the run fail, warnings unless `strict` and infos, stands in system-out.
    """
    root = ElementTree.Element("testsuites", name=f"HITL conformance of {results.url}")
    failing = {Level.MUST, Level.SHOULD} if strict else {Level.MUST}
    for area, outcomes in _by_area(results).items():
        suite = ElementTree.SubElement(root, "testsuite", name=area, tests=str(len(outcomes)))
        failures = [one for one in outcomes if one.verdict is Verdict.FAILED and one.check.level in failing]
        suite.set("failures", str(len(failures)))
        suite.set("skipped", str(sum(one.verdict is Verdict.SKIPPED for one in outcomes)))
        for one in outcomes:
            case = ElementTree.SubElement(suite, "testcase", classname=area, name=one.check.id)
            if one.verdict is Verdict.SKIPPED:
                ElementTree.SubElement(case, "skipped", message=one.reason)
            elif one in failures:
                failure = ElementTree.SubElement(case, "failure", message=one.check.title)
                failure.set("type", one.check.level)
                failure.text = _sentence(one)
            elif one.verdict is Verdict.FAILED:
                ElementTree.SubElement(case, "system-out").text = f"{one.check.level}: {_sentence(one)}"
    return (
        b"<?xml version='1.0' encoding='utf-8'?>\n" + ElementTree.tostring(root, encoding="unicode").encode()
    )


def _by_area(results: Results) -> dict[str, list[Outcome]]:
    areas: dict[str, list[Outcome]] = {}
    for one in results.outcomes:
        areas.setdefault(one.check.area, []).append(one)
    return areas


def _tally(outcomes: list[Outcome]) -> str:
    words = {Verdict.PASSED: "passed", Verdict.FAILED: "failed", Verdict.SKIPPED: "not applicable"}
    counts = {verdict: sum(one.verdict is verdict for one in outcomes) for verdict in words}
    return ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count)


def _finding(one: Outcome) -> Iterator[str]:
    yield f"  {one.check.level}  {one.check.id}  ({one.check.section})"
    yield f"    {one.check.title}"
    yield f"    expected: {one.expected}"
    yield f"    seen:     {one.seen}"


def _sentence(one: Outcome) -> str:
    return f"{one.check.section}: expected {one.expected}, saw {one.seen}"


def _spelled(one: Outcome) -> dict[str, Any]:
    told = {"expected": one.expected, "seen": one.seen, "reason": one.reason}
    return {
        "id": one.check.id,
        "area": one.check.area,
        "title": one.check.title,
        "level": str(one.check.level),
        "section": one.check.section,
        "verdict": str(one.verdict),
        **{name: value for name, value in told.items() if value},
    }


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
