"""Our own server passes, however its cases are made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from openhitl.conformance.check import Verdict
from openhitl.conformance.creation import parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import Results, run
from tests.evidence.policies import policy
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


def test_cases_that_want_evidence_pass(server: RunningServer) -> None:
    """HITL v0.8 §7.6."""
    question = {
        "type": "{type}",
        "timeout": "{timeout}",
        "prompt": "Go on?",
        "context": {
            "items": [{"id": "one", "title": "One"}],
            "form": {"fields": [{"key": "name", "label": "Name", "type": "text"}]},
        },
        "verification_policy": policy(required_for=["inline_submit"]),
    }
    target = with_key(server.url, server.service_key, f"POST /api/v1/reviews {json.dumps(question)}")
    results = asyncio.run(run(target))
    assert findings(results) == []
    verdicts = {one.check.id: one.verdict for one in results.outcomes}
    assert verdicts["inline_submit.evidence_needed"] is Verdict.PASSED


def with_key(url: str, key: str, created: str = "POST /api/v1/reviews") -> Target:
    return Target(
        url=url,
        creation=parse_creation(created),
        headers={"Authorization": f"Bearer {key}"},
    )
