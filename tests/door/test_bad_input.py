"""Bad input gets its documented error and loses nothing."""

from __future__ import annotations

import json

import pytest

from tests.door.bodies import ANSWERS, APPROVAL, BY_TYPE, CONFIRMATION, INPUT, SELECTION, SUBMITTED
from tests.door.test_flow import respond
from tests.servers import token_of

JSON = {"content-type": "application/json"}
NESTED = b"[" * 10_000 + b"]" * 10_000


def create(server, body, **kwargs):
    return server.service.post("/api/v1/reviews", json=body, **kwargs)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe{}", 400, "invalid_json"),
        (b'{"type": NaN}', 400, "invalid_json"),
        (NESTED, 400, "invalid_json"),
        (b"[]", 422, "invalid_request"),
        (b'"approval"', 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"type": "approval", "prompt": "\\u0000"}', 422, "invalid_request"),
        (b'{"type": "approval", "prompt": "\\ud800"}', 422, "invalid_request"),
        (b'{"type": "approval", "prompt": "a", "context": {"\\ud800": 1}}', 422, "invalid_request"),
        (
            b'{"type": "approval", "prompt": "a", "context": ' + b'{"a":' * 60 + b"1" + b"}" * 61,
            422,
            "invalid_request",
        ),
    ],
)
def test_a_create_body_that_cannot_be_taken_is_refused(server, content, status, code):
    response = server.service.post("/api/v1/reviews", content=content, headers=JSON)
    assert (response.status_code, response.json()["error"]) == (status, code), response.text
    assert response.json()["message"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"prompt": "x" * 501}, 422, "invalid_request"),
        ({"prompt": ""}, 422, "invalid_request"),
        ({"prompt": 5}, 422, "invalid_request"),
        ({"type": "telepathy"}, 400, "invalid_type"),
        ({"type": 1}, 422, "invalid_request"),
        ({"timeout": "9s"}, 422, "invalid_request"),
        ({"timeout": "8d"}, 422, "invalid_request"),
        ({"timeout": "soon"}, 422, "invalid_request"),
        ({"default_action": "explode"}, 422, "invalid_request"),
        ({"default_action": "approve"}, 403, "policy_refused"),
        ({"reminder_at": "2020-01-01T00:00:00Z"}, 422, "invalid_request"),
        ({"inline_actions": ["fly"]}, 422, "invalid_request"),
        ({"context": []}, 422, "invalid_request"),
        ({"metadata": 7}, 422, "invalid_request"),
        ({"wat": 1}, 422, "invalid_request"),
        ({"previous_case_id": "../etc"}, 422, "invalid_request"),
        ({"hitl_callback_url": "http://agent.example/hook"}, 422, "invalid_request"),
        ({"verification_policy": {}}, 422, "invalid_request"),
        ({"assignees": ["alice"]}, 422, "unsupported_field"),
        ({"assurance": "passkey"}, 422, "unsupported_field"),
        ({"assurance": "signed_in"}, 422, "unsupported_field"),
    ],
)
def test_a_field_that_is_not_valid_is_named(server, changes, status, code):
    response = create(server, {**APPROVAL, **changes})
    assert (response.status_code, response.json()["error"]) == (status, code), response.text
    assert next(iter(changes)) in response.text


def test_a_prompt_of_500_characters_is_taken_whatever_their_width(server):
    """HITL v0.8 §6: the limit is in characters."""
    assert create(server, {**APPROVAL, "prompt": "😀" * 500}).status_code == 202


def test_a_selection_without_items_is_refused(server):
    response = create(server, {"type": "selection", "prompt": "Which?"})
    assert (response.status_code, response.json()["error"]) == (422, "no_items")


def test_a_body_of_two_mebibytes_is_refused_before_it_is_parsed(server):
    content = json.dumps({**APPROVAL, "context": {"text": "x" * (2 * 1024 * 1024)}}).encode()
    response = server.service.post("/api/v1/reviews", content=content, headers=JSON)
    assert (response.status_code, response.json()["error"]) == (413, "payload_too_large")


def test_a_body_that_does_not_say_its_length_is_refused_at_the_limit(server):
    def chunks():
        for _ in range(32):
            yield b" " * 65_536

    response = server.service.post("/api/v1/reviews", content=chunks(), headers=JSON)
    assert (response.status_code, response.json()["error"]) == (413, "payload_too_large")


def test_a_body_that_is_not_json_by_its_type_is_refused(server):
    response = server.service.post("/api/v1/reviews", content=b"a=b", headers={"content-type": "text/plain"})
    assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")


ANSWERING = [("POST", "respond"), ("PUT", "draft"), ("POST", "draft"), ("POST", "cancel")]


@pytest.mark.parametrize(("method", "end"), ANSWERING)
@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        ("application/json", b"{", 400, "invalid_json"),
        ("application/json", b" " * (1024 * 1024 + 1), 413, "payload_too_large"),
        ("text/plain", b"{}", 415, "unsupported_media_type"),
        ("application/json", b"[]", 422, "invalid_request"),
    ],
)
def test_whatever_answers_takes_json_and_forms_of_a_mebibyte(
    server, method, end, content_type, content, status, code
):
    hitl = server.ask()
    response = server.anyone.request(
        method,
        f"/reviews/{hitl['case_id']}/{end}",
        params={"token": token_of(hitl["review_url"])},
        content=content,
        headers={"content-type": content_type, "accept": "application/json"},
    )
    assert (response.status_code, response.json()["error"]) == (status, code)
    assert server.status(hitl)["status"] == "pending"


@pytest.mark.parametrize(("method", "end"), ANSWERING)
def test_a_case_that_does_not_exist_is_not_found_however_good_the_token_looks(server, method, end):
    token = token_of(server.ask()["review_url"])
    response = server.anyone.request(
        method, f"/reviews/review_none/{end}", params={"token": token}, json={"action": "approve"}
    )
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("content", [(b"x" * (1024 * 1024 + 1), 413), (b"reason=a", 415)])
def test_a_withdrawal_is_json_of_a_mebibyte(server, content):
    hitl = server.ask()
    body, status = content
    response = server.service.post(
        f"/api/v1/reviews/{hitl['case_id']}/cancel",
        content=body,
        headers={"content-type": "application/json" if status == 413 else "text/plain"},
    )
    assert response.status_code == status
    assert server.status(hitl)["status"] == "pending"


@pytest.mark.parametrize(
    ("review_type", "answer", "code"),
    [
        ("approval", {"action": "explode"}, "invalid_action"),
        ("approval", {"action": "select", "data": {"selected": []}}, "invalid_action"),
        ("approval", {"action": "edit", "data": {}}, "invalid_answer"),
        ("approval", {"action": "approve", "data": {"surprise": 1}}, "invalid_answer"),
        ("approval", {"action": 4}, "invalid_request"),
        ("approval", {"data": {}}, "invalid_request"),
        ("approval", {"action": "approve", "data": []}, "invalid_request"),
        ("approval", {"action": "approve", "data": {"feedback": "\u0000"}}, "invalid_request"),
        ("selection", {"action": "select", "data": {"selected": []}}, "invalid_answer"),
        ("selection", {"action": "select", "data": {"selected": ["a", "b", "c"]}}, "invalid_answer"),
        ("selection", {"action": "select", "data": {"selected": ["z"]}}, "invalid_answer"),
        ("selection", {"action": "select", "data": {"selected": ["a", "a"]}}, "invalid_answer"),
        ("input", {"action": "submit", "data": {}}, "invalid_answer"),
        ("input", {"action": "submit", "data": {"street": "x", "floor": 99}}, "invalid_answer"),
        ("input", {"action": "submit", "data": {"street": "x", "unknown": 1}}, "invalid_answer"),
        ("confirmation", {"action": "confirm", "data": {"confirmed_items": ["nope"]}}, "invalid_answer"),
        ("escalation", {"action": "abort", "data": {"modified_params": {"batch": 1}}}, "invalid_answer"),
        ("escalation", {"action": "retry", "data": {"modified_params": {"rm": "-rf"}}}, "invalid_answer"),
    ],
)
def test_an_answer_that_is_not_valid_leaves_the_case_open(server, review_type, answer, code):
    """HITL v0.8 §10."""
    hitl = server.ask(BY_TYPE[review_type])
    response = respond(server, hitl, answer)
    assert (response.status_code, response.json()["error"]) == (422, code), response.text
    assert server.status(hitl)["status"] == "pending"
    if review_type in ANSWERS:
        assert respond(server, hitl, ANSWERS[review_type]).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{", NESTED, b"\xff"])
@pytest.mark.parametrize("what", ["respond", "draft"])
def test_an_answer_that_cannot_be_parsed_is_400(server, what, content):
    hitl = server.ask(SELECTION)
    path = f"/reviews/{hitl['case_id']}/{what}"
    token = {"token": token_of(hitl["review_url"])}
    response = server.anyone.post(path, params=token, content=content, headers=JSON)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_json")
    assert server.status(hitl)["status"] == "pending"


@pytest.mark.parametrize("value", ["\ud800", "\0", ["x", "\0"], {"\ud800": 1}])
def test_a_draft_that_no_database_could_keep_is_refused(server, value):
    hitl = server.ask(SELECTION)
    token = {"token": token_of(hitl["review_url"])}
    content = json.dumps({"values": {"note": value}}).encode()
    path = f"/reviews/{hitl['case_id']}/draft"
    response = server.anyone.put(path, params=token, content=content, headers=JSON)
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request"), response.text


@pytest.mark.parametrize("what", ["respond", "draft", "cancel"])
@pytest.mark.parametrize("form", [b"note=%00", b"note=%ff", b"note=\xff", b"&".join([b"a=1"] * 3_000)])
def test_a_form_that_cannot_be_kept_is_400(server, what, form):
    hitl = server.ask(SELECTION)
    token = {"token": token_of(hitl["review_url"])}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    path = f"/reviews/{hitl['case_id']}/{what}"
    response = server.anyone.post(path, params=token, content=form, headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_json"), response.text
    assert server.status(hitl)["status"] == "pending"


def urls(hitl):
    token = token_of(hitl["review_url"])
    base = f"/reviews/{hitl['case_id']}"
    return token, [
        ("GET", f"/review/{hitl['case_id']}"),
        ("POST", f"{base}/opened"),
        ("POST", f"{base}/draft"),
        ("PUT", f"{base}/draft"),
        ("POST", f"{base}/cancel"),
        ("POST", f"{base}/respond"),
    ]


def test_only_the_review_token_of_the_case_opens_its_paths(server):
    """HITL v0.8 §7.5 "Implementation note": wrong, swapped, truncated, foreign and absent tokens."""
    hitl, other = server.ask(CONFIRMATION), server.ask(CONFIRMATION)
    token, paths = urls(hitl)
    wrong = [
        token[:-1],
        token + "A",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.upper(),
        hitl["submit_token"],
        token_of(other["review_url"]),
        server.service_key,
        server.agent_key,
        "",
        "\u00e9" * 49,
    ]
    for method, path in paths:
        for candidate in wrong:
            response = server.anyone.request(
                method, path, params={"token": candidate}, json={"action": "confirm"}
            )
            assert response.status_code == 401, (method, path, candidate, response.text)
        assert server.anyone.request(method, path, json={}).status_code == 401
    assert server.status(hitl)["status"] == "pending"


def test_only_the_submit_token_submits_inline(server):
    """HITL v0.8 §7.5: no token is taken where another is due."""
    hitl, other = server.ask(CONFIRMATION), server.ask(CONFIRMATION)
    review = token_of(hitl["review_url"])
    for token in (
        review,
        other["submit_token"],
        server.service_key,
        server.agent_key,
        hitl["submit_token"][:-1],
    ):
        response = server.anyone.post(
            hitl["submit_url"],
            headers={"authorization": f"Bearer {token}"},
            json={"action": "confirm", **SUBMITTED},
        )
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert server.status(hitl)["status"] == "pending"


def test_a_case_that_does_not_exist_looks_like_a_foreign_one(server):
    mine = server.ask(CONFIRMATION)
    absent = "review_00000000000000000000000000"
    for path in ("/api/v1/reviews/{}", "/api/reviews/{}/status"):
        foreign = server.agent.get(path.format(mine["case_id"]))
        missing = server.agent.get(path.format(absent))
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert foreign.json() == missing.json()
    cancel = server.agent.post(f"/api/v1/reviews/{mine['case_id']}/cancel", json={})
    assert cancel.status_code == 404
    token = token_of(mine["review_url"])
    assert server.anyone.get(f"/review/{absent}", params={"token": token}).status_code == 404


@pytest.mark.parametrize("path", ["/api/v1/reviews", "/api/v1/reviews/x"])
def test_an_api_without_a_key_or_with_a_wrong_one_is_401(server, path):
    absent = server.anyone.get(path)
    assert (absent.status_code, absent.json()["error"]) == (401, "unauthorized")
    assert absent.headers["www-authenticate"].startswith("Bearer")
    for key in (
        "x",
        "hitla_short",
        "hitlr_" + "A" * 43,
        "hitla_" + "A" * 43,
        "hitlv_" + "A" * 43,
        "\u00ff" * 49,
    ):
        response = server.anyone.get(path, headers={"x-api-key": key.encode("latin-1")})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


def test_paths_and_methods_that_are_not_there_say_so(server):
    assert server.anyone.get("/nothing").status_code == 404
    assert server.anyone.get("/review/").status_code == 404
    wrong = server.anyone.get("/reviews/x/respond")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "type=nope",
        "since=yesterday",
        "limit=0",
        "limit=x",
        "limit=1000",
        f"limit=000000001{'0' * 5_000}",
    ],
)
def test_a_listing_with_a_wrong_filter_is_refused(server, query):
    assert server.service.get(f"/api/v1/reviews?{query}").status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        {"fields": [{"key": "a b", "label": "A", "type": "text"}]},
        {"fields": [{"key": "a", "label": "A", "type": "hologram"}]},
        {"fields": [{"key": "a", "label": "A", "type": "text"}, {"key": "a", "label": "B", "type": "text"}]},
        {"fields": [{"key": "a", "label": "A", "type": "select"}]},
        {"fields": [{"key": "a", "label": "A", "type": "text", "validation": {"pattern": "(?=x)"}}]},
        {"fields": [], "steps": []},
        {
            "fields": [
                {
                    "key": "a",
                    "label": "A",
                    "type": "text",
                    "conditional": {"field": "b", "operator": "eq", "value": 1},
                },
                {"key": "b", "label": "B", "type": "text"},
            ]
        },
        {
            "fields": [
                {"key": "a", "label": "A", "type": "text", "default_ref": "https://elsewhere.example/x"}
            ]
        },
    ],
)
def test_a_form_that_cannot_be_drawn_is_refused_at_creation(server, form):
    """HITL v0.8 §10.3."""
    response = create(server, {**INPUT, "context": {"form": form}})
    assert response.status_code == 422, response.text
    assert response.json()["errors"]
