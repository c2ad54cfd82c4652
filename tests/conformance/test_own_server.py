"""Our own server passes, however its cases are made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from openhitl.conformance.check import Verdict
from openhitl.conformance.creation import parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import Results, run
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("conforming"), demo=True) as server:
        yield server


def findings(results: Results) -> list[str]:
    return [f"{one.check.id}: {one.seen}" for one in results.failed()]


def test_demo_cases_pass_without_a_credential(server: RunningServer) -> None:
    """They take submits of nobody in particular, so that they can be tried with curl."""
    results = asyncio.run(run(Target(url=server.url)))
    assert findings(results) == ["inline_submit.says_who: 200 without submitted_by"]
    assert results.conforms()


def test_cases_of_services_and_of_agents_pass(server: RunningServer) -> None:
    """Both at once, since each waits for a case to expire."""

    async def both() -> list[Results]:
        keys = (server.service_key, server.agent_key)
        return await asyncio.gather(*(run(with_key(server.url, key)) for key in keys))

    service, agent = asyncio.run(both())
    assert findings(service) == []
    left_out = [one.check.id for one in service.outcomes if one.verdict is Verdict.SKIPPED]
    assert left_out == ["inline_submit.evidence_needed"]
    assert findings(agent) == ["discovery.claims_offered: claimed but never offered: inline"]


def with_key(url: str, key: str) -> Target:
    return Target(
        url=url,
        creation=parse_creation("POST /api/v1/reviews"),
        headers={"Authorization": f"Bearer {key}"},
    )
