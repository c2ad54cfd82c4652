"""Every check can fail: one defect of a real service at a time, and exactly the right checks report it."""

from __future__ import annotations

import asyncio

import pytest

from openhitl.conformance.check import Verdict
from openhitl.conformance.checks import AREAS
from openhitl.conformance.creation import parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import Results, run
from tests.conformance.broken import KEY, serving
from tests.conformance.defects import DEFECTS

IDS = [check.id for checks in AREAS.values() for check in checks]


def results_for(*defects: str) -> Results:
    with serving(*defects) as url:
        target = Target(
            url=url,
            creation=parse_creation("POST /reviews"),
            headers={"Authorization": f"Bearer {KEY}"},
            expiry_seconds=1,
            patience_seconds=2,
        )
        return asyncio.run(run(target))


def found(results: Results) -> set[str]:
    return {one.check.id for one in results.failed()}


def test_a_service_without_defects_passes_every_check() -> None:
    results = results_for()
    assert [
        (one.check.id, one.seen, one.reason) for one in results.outcomes if one.verdict is not Verdict.PASSED
    ] == []
    assert [one.check.id for one in results.outcomes] == IDS


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_reported_by_exactly_the_right_checks(defect: str) -> None:
    assert found(results_for(defect)) == set(DEFECTS[defect].split())


def test_every_check_reports_some_defect() -> None:
    assert set(" ".join(DEFECTS.values()).split()) == set(IDS)


def test_every_check_has_an_id_of_its_own_a_title_and_a_section() -> None:
    checks = [check for checks in AREAS.values() for check in checks]
    assert len(set(IDS)) == len(IDS) > 80
    assert [check.id for check in checks if not check.title.endswith(".") or not check.section] == []
