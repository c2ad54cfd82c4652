"""What a server does with encrypted cases: it carries them, and sees to it that they say nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from openhitl.cases.ids import CaseIds
from openhitl.protocol.base64url import encode
from openhitl.protocol.sealed.box import seal_box, write_key
from openhitl.protocol.sealed.envelope import seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.store.instants import to_ms
from tests.people import owned_agent, sign_in
from tests.sealed.devices import base64_of, fresh_keys
from tests.servers import running

AGENT = fresh_keys()


def envelope(to, case_id="review_x"):
    """An envelope as any agent makes it; the server cannot tell what is in it."""
    head = Head(
        case_id=case_id, direction=Direction.REQUEST, expires_at=datetime.now(UTC) + timedelta(days=1)
    )
    return seal_envelope(
        head,
        {"prompt": "Deploy?"},
        sender=AGENT,
        recipients=[device.box.public for device in to.devices],
        ephemeral=fresh_keys(),
        content_key=secrets.token_bytes(32),
    )


def payload(to):
    return seal_box('{"prompt": "Deploy?"}', AGENT, to.devices[0].box.public, nonce=secrets.token_bytes(24))


def body(to, **changes):
    return {"type": "x-sealed", "context": {"envelope": envelope(to)}, **changes}


def create(server, given, *, as_service=False, headers=None):
    client = server.service if as_service else server.agent
    return client.post("/api/v1/reviews", json=given, headers=headers)


def asked(server, given):
    response = create(server, given)
    assert response.status_code == 202, response.text
    return response.json()["hitl"]


def path_of(refused):
    assert refused.status_code == 422, refused.text
    return refused.json()["errors"][0]["path"]


def test_whom_to_encrypt_to_comes_with_the_id_of_the_case(server, ana, bo):
    told = server.agent.get("/api/v1/recipients").json()
    [person] = told["people"]
    assert (person["person_id"], person["name"]) == (ana.person, "Ana")
    assert person["chain"] == [link.wire for link in ana.links]
    hitl = asked(server, body(ana, case_id=told["case_id"]))
    assert hitl["case_id"] == told["case_id"]
    assert hitl["prompt"] == "Encrypted request"
    assert "submit_token" not in hitl
    again = server.agent.get("/api/v1/recipients", params={"assignee": "ANA"}).json()
    assert again["people"] == told["people"]
    assert again["case_id"] != told["case_id"]


def test_an_agent_learns_nothing_of_people_whom_it_does_not_belong_to(server, ana, bo):
    refused = server.agent.get("/api/v1/recipients", params={"assignee": "Ana\nBo"})
    assert (refused.status_code, refused.json()["error"]) == (403, "policy_refused")
    unknown = server.service.get("/api/v1/recipients", params={"assignee": "Zoe"})
    assert path_of(unknown) == "assignee"
    both = server.service.get("/api/v1/recipients", params={"assignee": "Ana\nBo\nAna"}).json()["people"]
    assert [(one["name"], bool(one["chain"])) for one in both] == [("Ana", True), ("Bo", False)]


def test_where_nobody_has_a_device_nothing_can_be_encrypted(server, ana, bo):
    for refused in (
        server.service.get("/api/v1/recipients", params={"assignee": "Bo"}),
        create(server, body(ana, assignees=["Bo"]), as_service=True),
    ):
        assert (refused.status_code, refused.json()["error"]) == (409, "no_device")
        assert "hitl inbox" in refused.json()["hint"]


def test_with_no_accounts_there_are_no_devices(tmp_path, ana):
    with running(tmp_path) as empty:
        sealed = {"encrypted_payload": payload(ana)}
        for refused in (
            create(empty, body(ana)),
            empty.agent.get("/api/v1/recipients"),
            empty.agent.post("/api/v1/notices", json={"envelope": envelope(ana)}),
            empty.agent.post("/api/v1/hitl/request/e2ee", json=sealed),
            empty.agent.post("/api/v1/hitl/notify/e2ee", json=sealed),
        ):
            assert (refused.status_code, refused.json()["error"]) == (409, "no_device"), refused.text


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"prompt": "Deploy?"}, "prompt"),
        ({"message": "To production."}, "message"),
        ({"inline_actions": ["submit"]}, "inline_actions"),
        ({"context": {}}, "context"),
        ({"context": None}, "context"),
        ({"context": {"envelope": "AAAA"}}, "context.envelope"),
        ({"context": {"envelope": "!" * 60}}, "context.envelope"),
        ({"context": {"envelope": 7}}, "context.envelope"),
        ({"context": {"envelope": {"v": 3}}}, "context.envelope"),
        ({"context": {"envelope": {"v": 2}}}, "context.envelope"),
        ({"case_id": "review_1"}, "case_id"),
        ({"case_id": "notice_" + "0" * 26}, "case_id"),
        ({"case_id": "review_" + "i" * 26}, "case_id"),
        ({"case_id": "review_" + "0" * 26}, "case_id"),
        ({"case_id": 7}, "case_id"),
    ],
)
def test_nothing_else_stands_in_the_open(server, ana, changes, path):
    assert path_of(create(server, body(ana, **changes))) == path


def test_the_rest_of_the_context_has_to_be_inside(server, ana):
    context = {"envelope": envelope(ana), "risk": {"level": "high"}}
    assert path_of(create(server, body(ana, context=context))) == "context"


def test_the_prompt_that_all_have_may_be_said(server, ana):
    assert asked(server, body(ana, prompt="Encrypted request"))["prompt"] == "Encrypted request"


def test_an_id_is_good_for_an_hour_and_for_one_case(server, ana):
    now = datetime.now(UTC)
    for long_ago in (now - timedelta(minutes=61), now + timedelta(minutes=61)):
        assert path_of(create(server, body(ana, case_id=CaseIds().new(to_ms(long_ago))))) == "case_id"
    fresh = CaseIds().new(to_ms(now - timedelta(minutes=59)))
    given = body(ana, case_id=fresh)
    assert asked(server, given)["case_id"] == fresh
    assert path_of(create(server, given)) == "case_id"
    assert path_of(create(server, {**given, "type": "x-other", "prompt": "Which?"})) == "case_id"


def test_who_tries_again_gets_the_same_case(server, ana):
    given = body(ana, case_id=server.agent.get("/api/v1/recipients").json()["case_id"])
    told = [create(server, given, headers={"idempotency-key": "again"}).json() for _ in range(2)]
    assert told[0] == told[1]


def test_the_same_question_is_joined_whatever_its_envelope(server, ana):
    made = [asked(server, body(ana, request_key="deploy"))["case_id"] for _ in range(2)]
    assert made[0] == made[1]
    other = create(server, body(ana, request_key="deploy", timeout="1h"))
    assert (other.status_code, other.json()["error"]) == (422, "idempotency_mismatch")


def test_only_people_who_are_signed_in_answer(server, ana, bo):
    refused = create(server, body(ana, assurance="link"), as_service=True)
    assert (refused.status_code, refused.json()["error"]) == (403, "policy_refused")
    hitl = create(server, body(ana, assignees=["Ana"]), as_service=True).json()["hitl"]
    assert "submit_token" not in hitl
    answer = {"action": "submit", "data": {"envelope": envelope(ana)}}
    by_link = server.anyone.post(
        f"/reviews/{hitl['case_id']}/respond?{hitl['review_url'].partition('?')[2]}", json=answer
    )
    assert (by_link.status_code, by_link.json()["error"]) == (401, "sign_in_required")
    assert bo.http.get(f"/api/v1/inbox/{hitl['case_id']}").status_code == 404


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "data.envelope"),
        ({"envelope": "c2VjcmV0"}, "data.envelope"),
        ({"envelope": {"v": 2}}, "data.envelope"),
        ({"payload": "c2VjcmV0"}, "data.payload"),
        ({"answer": "yes"}, "data.answer"),
    ],
)
def test_an_answer_is_an_envelope_and_nothing_else(server, ana, given, path):
    case_id = asked(server, body(ana))["case_id"]
    refused = ana.owner.http.post(
        f"/api/v1/inbox/{case_id}/respond", json={"action": "submit", "data": given}
    )
    assert path_of(refused) == path
    action = ana.owner.http.post(
        f"/api/v1/inbox/{case_id}/respond", json={"action": "approve", "data": given}
    )
    assert action.json()["error"] == "invalid_action"


def test_an_answer_is_of_the_version_of_its_question(server, ana):
    newer, older = asked(server, body(ana)), asked(server, body(ana, context={"envelope": payload(ana)}))
    ways = ({"envelope": envelope(ana)}, {"payload": payload(ana)})
    for case, right, wrong in ((newer, *ways), (older, *reversed(ways))):
        place = f"/api/v1/inbox/{case['case_id']}/respond"
        assert ana.owner.http.post(place, json={"action": "submit", "data": wrong}).status_code == 422
        ana.respond(case["case_id"], right)
        assert server.status(case, as_service=False)["result"]["data"] == right


def test_a_draft_is_an_envelope_and_nothing_else(server, ana):
    page = sign_in(server)
    case_id = asked(server, body(ana))["case_id"]
    place = f"/reviews/{case_id}/draft"
    assert path_of(page.post(place, json={"values": {"answer": "ye"}})) == "values.answer"
    assert path_of(page.post(place, json={"values": {}})) == "values.envelope"
    assert page.post(place, json={"values": {"envelope": envelope(ana)}}).status_code == 204


def test_the_page_of_a_case_sends_nothing_in_the_clear(server, ana):
    page = sign_in(server)
    case_id = asked(server, body(ana))["case_id"]
    html = page.http.get(f"/review/{case_id}?view=full", headers={"accept": "text/html"}).text
    assert "This server cannot read it." in html
    assert f'action="/reviews/{case_id}' not in html
    ana.respond(case_id, {"envelope": envelope(ana)})
    ended = page.http.get(f"/review/{case_id}", headers={"accept": "text/html"}).text
    assert "Encrypted: this server cannot read it." in ended
    assert "ephemeral" not in ended


def test_a_device_is_told_whose_keys_a_question_may_be_from(server, ana, bo):
    registered = server.agent.post(
        "/api/v1/keys/register", json={"entity_type": "agent", "public_key": write_key(AGENT.public)}
    )
    assert registered.status_code == 200
    case_id = asked(server, body(ana))["case_id"]
    told = ana.show(case_id)
    [sender] = told["senders"]
    assert (sender["agent"], sender["key"]) == ("agent-under-test", encode(AGENT.public))
    assert set(told["context"]) == {"envelope"}
    plain = server.ask({"type": "approval", "prompt": "Go?"}, as_service=False)
    assert "senders" not in ana.show(plain["case_id"])


def test_the_device_that_was_seen_last_is_the_first_that_is_named(server, ana):
    first = server.agent.get("/api/v1/keys/user").json()[0]["public_key"]
    assert first == base64_of(ana.devices[-1])
    keys = server.agent.get("/api/v1/devices/public-keys").json()["public_keys"]
    assert keys == [base64_of(device) for device in reversed(ana.devices)]


def test_a_notice_may_be_encrypted(server, ana):
    sealed = {"envelope": envelope(ana), "case_id": "notice_abc"}
    told = server.agent.post("/api/v1/notices", json=sealed)
    assert told.status_code == 201, told.text
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest == {
        **told.json(),
        "kind": "info",
        "message": "Encrypted notice",
        "agent": "agent-under-test",
        **sealed,
    }
    for changes, path in (
        ({"message": "Hello."}, "message"),
        ({"kind": "done"}, "kind"),
        ({"envelope": {}}, "envelope"),
        ({"case_id": "review_1"}, "case_id"),
        ({"case_id": "notice_ä"}, "case_id"),
    ):
        assert path_of(server.agent.post("/api/v1/notices", json={**sealed, **changes})) == path


def test_agents_of_one_person_share_the_keys_they_encrypt_with(server, ana):
    other = owned_agent(server, ana.owner, name="service-under-test")
    key = write_key(fresh_keys().public)
    server.service.post("/api/v1/keys/register", json={"entity_type": "agent", "public_key": key})
    case_id = asked(server, body(ana))["case_id"]
    assert str(other) in {sender["agent_id"] for sender in ana.show(case_id)["senders"]}
