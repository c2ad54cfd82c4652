"""The server keeps to the OpenAPI document that it serves, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openhitl.errors import HitlError
from openhitl.protocol.case import ACTIONS
from openhitl.protocol.creation import FIELDS
from openhitl.server.openapi import openapi_document
from tests.door.bodies import BY_TYPE
from tests.servers import RunningServer, running, token_of

#: A stream has no end to wait for: test_events and test_inbox_events read them.
EVENTS = ("/api/reviews/{case_id}/events", "/api/v1/inbox/events")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi_document("http://localhost"))
OPERATIONS = {
    operation.label: operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
    if operation.path not in EVENTS
}
#: What the document only describes, so that bodies get past it.
KNOWN_WORDS = {
    "type": [*ACTIONS, "x-poll"],
    "action": sorted({action for actions in ACTIONS.values() for action in actions}),
    "timeout": ["30m", "PT2H"],
}
EXAMPLES = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def codes_of(error_class: type[HitlError]) -> set[str]:
    return {error_class.code}.union(*(codes_of(child) for child in error_class.__subclasses__()))


STABLE_CODES = codes_of(HitlError)


def test_every_field_of_a_question_is_in_the_document() -> None:
    """The body is closed there (`additionalProperties`): what is missing, generated clients cannot send."""
    body = openapi_document("")["paths"]["/api/v1/reviews"]["post"]["requestBody"]["content"]
    assert set(body["application/json"]["schema"]["properties"]) == FIELDS | {"request_key", "case_id"}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with its demo on and no limits, so that the requests get as far as they can."""
    with running(tmp_path_factory.mktemp("openapi"), demo=True, poll_rate=0) as server:
        yield server


def known_place(server: RunningServer, review_type: str) -> tuple[str, dict[str, str]]:
    hitl = server.ask(BY_TYPE[review_type])
    return hitl["case_id"], {"token": token_of(hitl["review_url"])}


def headers_for(server: RunningServer, label: str, *, html: bool) -> dict[str, str]:
    """Carry a key where one is asked for; elsewhere it would be taken for a submit token."""
    headers = {"accept": "text/html"} if html else {}
    if OPERATIONS[label].path.startswith("/api/"):
        headers["authorization"] = f"Bearer {server.service_key}"
    return headers


def check_error(response: Any) -> None:
    if response.status_code >= 400 and response.headers["content-type"] == ["application/json"]:
        body = response.json()
        assert body["error"] in STABLE_CODES
        assert body["message"].strip()


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_answer_is_undocumented_or_a_fault_of_ours(open_server: RunningServer, label: str) -> None:
    """Valid and invalid requests alike, to cases that exist and to such that do not."""
    operation = OPERATIONS[label]
    valid = operation.as_strategy(GenerationMode.POSITIVE)
    invalid = operation.as_strategy(GenerationMode.NEGATIVE)

    @EXAMPLES
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        case = data.draw(st.booleans().flatmap(lambda good: valid if good else invalid))
        if "case_id" in case.path_parameters and data.draw(st.booleans()):
            review_type = data.draw(st.sampled_from(sorted(BY_TYPE)))
            case.path_parameters["case_id"], token = known_place(open_server, review_type)
            if "{case_id}/status" not in operation.path:
                case.query = {**(case.query or {}), **token}
        for name in KNOWN_WORDS.keys() & case.body.keys() if isinstance(case.body, dict) else ():
            case.body[name] = data.draw(st.sampled_from(KNOWN_WORDS[name]) | st.just(case.body[name]))
        headers = headers_for(open_server, label, html=data.draw(st.booleans()))
        response = case.call(base_url=open_server.url, headers=headers, allow_redirects=False, timeout=20)
        case.validate_response(response, checks=CHECKS)
        check_error(response)

    send()


def test_the_document_is_served_as_it_is_tested(open_server: RunningServer) -> None:
    assert open_server.anyone.get("/openapi.json").json() == openapi_document(open_server.url)
