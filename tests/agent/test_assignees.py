"""Asking those who shall answer, from Python, on a server with people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from openhitl import SyncHITL
from openhitl.errors import PolicyRefused
from tests.people import SignedInClient, owned_agent, sign_in
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("assignees")) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def people(server: RunningServer) -> list[SignedInClient]:
    people = [sign_in(server, "Ana"), sign_in(server, "Bo")]
    owned_agent(server, *people)
    return people


def test_the_agent_gets_the_answer_of_who_was_named(server, people):
    _, bo = people

    def told(case):
        shown = bo.http.get(f"/api/v1/inbox/{case.case_id}").json()
        assert shown["assurance"] == "signed_in"
        bo.post(f"/api/v1/inbox/{case.case_id}/respond", json={"action": "approve"})

    with SyncHITL(server.url, server.agent_key, announce=told) as hitl:
        decision = hitl.approve("Deploy?", assignees=["Bo"], assurance="signed_in")
    assert decision.approved
    assert decision.responded_by == {"name": "Bo"}


def test_what_the_owners_do_not_allow_is_an_error_of_its_own(server, people):
    with SyncHITL(server.url, server.agent_key, announce=print) as hitl, pytest.raises(PolicyRefused):
        hitl.approve("Deploy?", assurance="link")
