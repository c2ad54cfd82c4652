"""Error bodies become the exceptions that the server raised."""

import json

import pytest

from openhitl.client.exchange import Response
from openhitl.client.refusals import refusal
from openhitl.errors import (
    CallerError,
    CaseExpired,
    DuplicateSubmission,
    InvalidRequest,
    Overloaded,
    PeerError,
    RateLimited,
    UnsupportedField,
)


def answer(status, body) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status=status, headers={}, body=raw)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (410, "case_expired", CaseExpired),
        (409, "duplicate_submission", DuplicateSubmission),
        (429, "rate_limited", RateLimited),
        (422, "unsupported_field", UnsupportedField),
        (503, "overloaded", Overloaded),
    ],
)
def test_a_stable_code_becomes_its_class(status, code, expected):
    assert type(refusal(answer(status, {"error": code, "message": "No."}))) is expected


def test_the_sentence_and_the_details_come_along():
    error = refusal(answer(422, {"error": "invalid_request", "message": "No.", "errors": [{"path": "x"}]}))
    assert isinstance(error, CallerError)
    assert error.message == "No."
    assert error.details == {"errors": [{"path": "x"}]}
    assert error.status == 422


def test_the_sentence_of_a_server_moves_no_cursor_and_is_not_endless():
    assert refusal(answer(404, {"message": "Gone.\x1b[2J"})).message == "Gone.⟦U+001B⟧[2J"
    assert len(refusal(answer(404, {"message": "x" * 100_000})).message) == 2000


def test_a_code_shared_with_a_base_class_is_the_class():
    assert type(refusal(answer(422, {"error": "invalid_request"}))) is InvalidRequest


def test_an_unknown_code_keeps_its_name():
    error = refusal(answer(418, {"error": "teapot", "message": "Short and stout."}))
    assert type(error) is CallerError
    assert error.code == "teapot"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b'{"error": 5, "message": null}'])
def test_a_body_of_any_shape_still_says_the_status(body):
    error = refusal(answer(502, body))
    assert isinstance(error, PeerError)
    assert "502" in error.message


@pytest.mark.parametrize(
    "body",
    [
        {"error": "x", "self": 1},
        {"error": "already_served", "url": "x"},
        {"error": "answer_expired", "case_id": "x"},
        {"error": "internal_error", "status": 200, "code": []},
    ],
)
def test_a_strange_body_is_an_ordinary_refusal(body):
    error = refusal(answer(400, body))
    assert type(error) is CallerError
    assert (error.status, error.code) == (400, body["error"])


def test_a_redirect_is_somebody_elses_failure():
    assert isinstance(refusal(answer(302, b"")), PeerError)
