"""Values that the page fetches for a form field by way of the server. HITL v0.8 §10.3.1 `default_ref`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.outbound.origin import Answer, Origin, serving
from tests.servers import RunningServer, running, token_of

LISTED = "https://forms.example"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with serving() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def prefilling(origin: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that may fetch defaults from the stand-in, and from nowhere else on this machine."""
    settings = {
        "default_ref_origins": f"{LISTED}, {origin.url},http://127.0.0.2:{origin.port}",
        "private_networks": "127.0.0.1/32",
    }
    with running(tmp_path_factory.mktemp("prefill"), **settings) as server:
        yield server


def form(default_ref: str) -> dict[str, Any]:
    fields = [
        {"key": "iban", "label": "IBAN", "type": "text", "sensitive": True, "default_ref": default_ref},
        {"key": "note", "label": "Note", "type": "text"},
    ]
    return {"type": "input", "prompt": "Whom shall I pay?", "context": {"form": {"fields": fields}}}


def prefill(server: RunningServer, hitl: dict[str, Any], key: str = "iban", token: str | None = None):
    query = {"token": token_of(hitl["review_url"]) if token is None else token}
    return server.anyone.get(f"/review/{hitl['case_id']}/prefill/{key}", params=query)


def test_a_default_is_fetched_when_it_is_asked_for_and_not_before(prefilling, origin):
    origin.answers["/once"] = Answer(b"DE02 1203 0000 0000 2020 51")
    hitl = prefilling.ask(form(f"{origin.url}/once?of=7"))
    page = prefilling.anyone.get(hitl["review_url"])
    assert page.status_code == 200
    assert "/once" not in "".join(origin.paths)
    assert "DE02" not in page.text
    response = prefill(prefilling, hitl)
    assert (response.status_code, response.json()) == (200, {"value": "DE02 1203 0000 0000 2020 51"})
    assert response.headers["cache-control"] == "no-store"
    assert origin.paths[-1] == "/once?of=7"
    assert prefilling.status(hitl)["status"] == "pending"


def test_without_script_the_page_fetches_it_when_the_human_asks(prefilling, origin):
    origin.answers["/plain"] = Answer(b"GB33 BUKB")
    hitl = prefilling.ask(form(f"{origin.url}/plain"))
    page = prefilling.anyone.get(hitl["review_url"] + "&prefill=iban")
    assert page.status_code == 200
    assert "GB33 BUKB" in page.text


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"value": "in an object", "more": 1}', "in an object"),
        ("application/json", b'{"value": ["a", "b"]}', ["a", "b"]),
        ("application/json", b'{"other": 1}', None),
        ("application/json; charset=utf-8", b"42", 42),
        ("application/json", b"true", True),
        ("application/json", b'"a text"', "a text"),
        ("application/json", b'["a", "b"]', ["a", "b"]),
        ("text/plain; charset=utf-8", "Grüße".encode(), "Grüße"),
        ("text/plain", b'{"value": 1}', '{"value": 1}'),
        ("text/plain", b"", ""),
        ("application/vnd.shop+json", b'{"value": 1.5}', 1.5),
    ],
)
def test_a_default_is_json_or_text(prefilling, origin, content_type, body, value):
    origin.answers["/shape"] = Answer(body, content_type=content_type)
    hitl = prefilling.ask(form(f"{origin.url}/shape"))
    response = prefill(prefilling, hitl)
    assert (response.status_code, response.json()) == (200, {"value": value})
    assert prefilling.anyone.get(hitl["review_url"] + "&prefill=iban").status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=500, body=b"secret stack trace"),
        Answer(status=302, headers={"location": "/shape"}),
        Answer(b"{", content_type="application/json"),
        Answer(b'{"value": NaN}', content_type="application/json"),
        Answer(b"\xff\xfe", content_type="text/plain"),
        Answer(b"[1, 2]", content_type="application/json"),
        Answer(b'{"value": {"deep": 1}}', content_type="application/json"),
        Answer(b"[" * 60_000, content_type="application/json"),
        Answer(b'"\\ud800"', content_type="application/json"),
        Answer(b"1e999", content_type="application/json"),
        Answer(b"<title>Sign in</title>", content_type="text/html"),
        Answer(b"x" * 70_000),
    ],
)
def test_a_peer_that_fails_is_a_value_that_could_not_be_fetched(prefilling, origin, answer):
    origin.answers["/failing"] = answer
    hitl = prefilling.ask(form(f"{origin.url}/failing"))
    response = prefill(prefilling, hitl)
    assert (response.status_code, response.json()["error"]) == (404, "not_found")
    assert "secret" not in response.text
    page = prefilling.anyone.get(hitl["review_url"] + "&prefill=iban")
    assert page.status_code == 200  # the human can still type


def test_an_address_that_the_guard_does_not_permit_is_not_called(prefilling, origin):
    """The origin is listed, its network is not."""
    before = len(origin.seen)
    hitl = prefilling.ask(form(f"http://127.0.0.2:{origin.port}/shape"))
    assert prefill(prefilling, hitl).status_code == 404
    assert len(origin.seen) == before


@pytest.mark.parametrize("path", ["/ü", "/%zz", "/a\u202eb"])
def test_an_address_with_odd_characters_is_no_fault_of_ours(prefilling, origin, path):
    hitl = prefilling.ask(form(origin.url + path))
    assert prefill(prefilling, hitl).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/value",
        "http://forms.example/value",
        "https://forms.example:8443/value",
        "https://forms.example.evil.example/value",
        "https://alice@forms.example/value",
        "https://forms.example@evil.example/value",
        "https://forms.example\\@evil.example/value",
        "//forms.example/value",
        "ftp://forms.example/value",
        "http://[::1/value",
        "https://forms.example:99999/value",
    ],
)
def test_an_origin_that_is_not_listed_is_refused_at_creation(prefilling, address):
    response = prefilling.service.post("/api/v1/reviews", json=form(address))
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")
    assert "default_ref" in response.text


def test_only_the_review_token_of_this_case_fetches(prefilling, origin):
    origin.answers["/guarded"] = Answer(b"x")
    hitl, other = (prefilling.ask(form(f"{origin.url}/guarded")) for _ in range(2))
    path = f"/review/{hitl['case_id']}/prefill/iban"
    for token in ("", "nonsense", token_of(other["review_url"]), prefilling.service_key):
        assert prefill(prefilling, hitl, token=token).status_code == 401
    assert prefilling.anyone.get(path).status_code == 401
    assert prefilling.service.get(path).status_code == 401
    assert "/guarded" not in origin.paths


@pytest.mark.parametrize("key", ["note", "nothing", "%2e%2e", "iban%00", "iban%2Fx"])
def test_a_field_without_a_default_ref_is_404(prefilling, origin, key):
    hitl = prefilling.ask(form(f"{origin.url}/shape"))
    response = prefill(prefilling, hitl, key=key)
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


def test_a_finished_case_fetches_nothing_any_more(prefilling, origin):
    origin.answers["/late"] = Answer(b"x")
    hitl = prefilling.ask(form(f"{origin.url}/late"))
    prefilling.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    assert prefill(prefilling, hitl).status_code == 404
    assert "/late" not in origin.paths
