"""The bodies that an agent sends."""

from __future__ import annotations

import json

import pytest

from openhitl.client.requests import create
from openhitl.errors import InvalidRequest

SERVER = "http://localhost:4485"


def test_a_question_is_sent_as_it_is_asked():
    body = {"type": "approval", "prompt": "Größe?", "context": {"b": 1.5, "a": None}}
    request = create(SERVER, body, idempotency_key="k")
    assert json.dumps(json.loads(request.body)) == json.dumps(body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "half a \ud800", "\0"])
def test_what_no_server_would_take_is_refused_before_it_is_sent(value):
    """Sent as null, or as another number, it would be another question. RFC 8785 §3.1."""
    with pytest.raises(InvalidRequest) as refused:
        create(SERVER, {"prompt": "p", "context": {"size": value}}, idempotency_key="k")
    assert refused.value.details["errors"][0]["path"] == "context.size"
