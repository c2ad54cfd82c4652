"""Proofs of World ID, verified by an API that refuses what World's does. HITL v0.8 §7.6, Appendix H."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.evidence.policies import challenged, evidence, policy, registered
from tests.evidence.world import APP_ID, RP_ID, World, world_serving
from tests.servers import RunningServer, running

QUESTION = {"type": "confirmation", "prompt": "Send the newsletter to 2,438 subscribers?"}
CONFIRM: dict[str, Any] = {
    "action": "confirm",
    "submitted_via": "telegram_inline_button",
    "submitted_by": {"platform": "telegram", "platform_user_id": "123456789"},
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with world_serving() as world:
        yield world


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[RunningServer]:
    given = {
        "world_id_rp_id": RP_ID,
        "world_id_app_id": APP_ID,
        "world_id_signing_key": "0x" + "ab" * 32,
        "world_id_api": world.url,
        "private_networks": "127.0.0.0/8,::1/128",
    }
    with running(tmp_path_factory.mktemp("world"), **given) as running_server:
        yield running_server


@pytest.fixture(autouse=True)
def _up(world: World) -> Iterator[None]:
    yield
    world.answer = None


def ask(server: RunningServer, *branches: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    given = policy(*branches or [("world_id",)], **{"required_for": ["inline_submit"], **changes})
    return server.ask({**QUESTION, "verification_policy": given})


def request_for(
    server: RunningServer, hitl: dict[str, Any], body: dict[str, Any] = CONFIRM
) -> dict[str, Any]:
    """Ask for a challenge as an agent does, who cannot answer it."""
    response = post(server, hitl, "challenge", body)
    assert response.status_code == 200, response.text
    return response.json()


def post(server: RunningServer, hitl: dict[str, Any], verb: str, body: dict[str, Any]) -> httpx2.Response:
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    return server.anyone.post(f"/reviews/{hitl['case_id']}/{verb}", json=body, headers=headers)


def submit(
    server: RunningServer, hitl: dict[str, Any], proof: Any, challenge: str, **changes: Any
) -> httpx2.Response:
    piece = evidence(proof, challenge, provider="world_id")
    return post(server, hitl, "respond", {**CONFIRM, "verification_evidence": [piece], **changes})


def test_a_press_with_a_proof_of_human_is_taken(server: RunningServer, world: World) -> None:
    """Example "Inline Confirmation with Proof of Human"."""
    hitl = ask(server)
    bare = post(server, hitl, "respond", CONFIRM)
    assert (bare.status_code, bare.json()["error"]) == (403, "verification_required")
    assert (bare.json()["case_id"], bare.json()["review_url"]) == (hitl["case_id"], hitl["review_url"])
    asked = request_for(server, hitl)
    assert asked["world_id"]["action"] == f"hitl:{hitl['case_id']}:confirm"
    proof = world.prove(asked["world_id"])
    taken = submit(server, hitl, proof, asked["challenge"])
    assert taken.status_code == 200, taken.text
    assert world.asked[-1] == proof, "forwarded as it is"
    told = server.status(hitl)["submission_context"]
    assert told["mode"] == "inline_submit"
    [piece] = told["verification_result"]["verified_evidence"]
    assert (piece["provider"], piece["assurance_level"]) == ("world_id", "high")
    for secret in (proof["responses"][0]["nullifier"], proof["nonce"], proof["responses"][0]["proof"][0]):
        assert secret not in json.dumps(server.status(hitl))
        stored = b"".join(path.read_bytes() for path in server.settings.data_dir.glob("openhitl.db*"))
        assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("made", "level"),
    [
        ({"identifier": "secure_document"}, "medium"),
        ({"identifier": "selfie"}, "low"),
        ({"identifier": "orb", "v": "3.0"}, "high"),
        ({"identifier": "face", "v": "3.0"}, "low"),
    ],
)
def test_how_sure_world_is_depends_on_the_credential(
    server: RunningServer, world: World, made: dict[str, str], level: str
) -> None:
    human = {"proof_type": "proof_of_human", "provider": "world_id", "min_assurance": "high"}
    for requirements, code in (
        ({"any_of": [{"all_of": [{**human, "min_assurance": level}]}]}, 200),
        ({"any_of": [{"all_of": [human]}]}, 200 if level == "high" else 403),
    ):
        hitl = ask(server, requirements=requirements)
        asked = request_for(server, hitl)
        taken = submit(server, hitl, world.prove(asked["world_id"], **made), asked["challenge"])
        assert taken.status_code == code, taken.text


def test_a_proof_is_for_one_case_one_action_one_answer(server: RunningServer, world: World) -> None:
    hitl, other = ask(server), ask(server)
    asked = request_for(server, hitl)
    foreign = request_for(server, other)
    cancel = request_for(server, hitl, {**CONFIRM, "action": "cancel"})
    noted = request_for(server, hitl, {**CONFIRM, "data": {"note": "Go!"}})
    wrong = [
        (foreign["world_id"], foreign["challenge"], {}),
        (foreign["world_id"], asked["challenge"], {}),
        (cancel["world_id"], cancel["challenge"], {}),
        (noted["world_id"], noted["challenge"], {}),
        (asked["world_id"], asked["challenge"], {"data": {"note": "Go!"}}),
        (asked["world_id"], cancel["challenge"], {}),
    ]
    before = len(world.asked)
    for request, challenge, changes in wrong:
        refused = submit(server, hitl, world.prove(request), challenge, **changes)
        assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed"), refused.text
        assert refused.json()["review_url"] == hitl["review_url"]
    assert len(world.asked) == before, "World is not asked about what is bound to something else"


def test_a_proof_that_world_does_not_accept(server: RunningServer, world: World) -> None:
    hitl = ask(server)
    asked = request_for(server, hitl)
    proof = world.prove(asked["world_id"])
    forged = json.loads(json.dumps(proof))
    forged["responses"][0]["proof"][0] = "0x1234"
    refused = submit(server, hitl, forged, asked["challenge"])
    assert refused.status_code == 403
    assert "all_verifications_failed" in refused.json()["message"]
    world.used.add((proof["action"], proof["responses"][0]["nullifier"]))
    refused = submit(server, hitl, proof, asked["challenge"])
    assert "max_verifications_reached" in refused.json()["message"]


@pytest.mark.parametrize(
    "changed",
    [
        {"responses": []},
        {"responses": "all"},
        {"responses": [3]},
        {"responses": [{}] * 11},
        {"protocol_version": "1.0"},
        {"session_id": "session_00"},
        {"environment": "staging"},
        {"action": "hitl:other:confirm"},
    ],
)
def test_what_is_no_proof_for_this_is_refused_here(
    server: RunningServer, world: World, changed: dict[str, Any]
) -> None:
    hitl = ask(server)
    asked = request_for(server, hitl)
    before = len(world.asked)
    proof = {**world.prove(asked["world_id"]), **changed}
    refused = submit(server, hitl, proof, asked["challenge"])
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed"), refused.text
    assert len(world.asked) == before


def test_no_proof_lends_its_level_to_another(server: RunningServer, world: World) -> None:
    """World is content with one good proof among several; what is beside a proof says nothing."""
    human = {"proof_type": "proof_of_human", "provider": "world_id", "min_assurance": "high"}
    hitl = ask(server, requirements={"any_of": [{"all_of": [human]}]})
    asked = request_for(server, hitl)
    selfie = world.prove(asked["world_id"], identifier="selfie")
    forged = {**selfie["responses"][0], "issuer_schema_id": 1, "proof": ["0x1"] * 5}
    face = world.prove(asked["world_id"], human="bob", identifier="face", v="3.0")
    for proof in (
        {**selfie, "responses": [*selfie["responses"], forged]},
        {**selfie, "responses": [{**selfie["responses"][0], "issuer_schema_id": True}]},
        {**face, "responses": [{**face["responses"][0], "issuer_schema_id": 1}]},
    ):
        refused = submit(server, hitl, proof, asked["challenge"])
        assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed"), refused.text


def test_a_proof_without_the_signal_or_with_the_empty_one(server: RunningServer, world: World) -> None:
    hitl = ask(server)
    asked = request_for(server, hitl)
    proof = world.prove(asked["world_id"])
    for signal_hash in (
        None,
        "0x0",
        "",
        7,
        "0x00c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a4",
    ):
        changed = json.loads(json.dumps(proof))
        changed["responses"][0]["signal_hash"] = signal_hash
        assert submit(server, hitl, changed, asked["challenge"]).status_code == 403


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (404, b'{"success": false, "code": "app_not_found"}'),
        (429, b"{}"),
        (302, b""),
    ],
)
def test_nobody_is_believed_while_world_cannot_be_asked(
    server: RunningServer, world: World, answer: tuple[int, bytes]
) -> None:
    hitl = ask(server)
    asked = request_for(server, hitl)
    proof = world.prove(asked["world_id"])
    world.answer = answer
    refused = submit(server, hitl, proof, asked["challenge"])
    assert (refused.status_code, refused.json()["error"]) == (503, "verifier_unavailable"), refused.text
    world.answer = None
    assert submit(server, hitl, proof, asked["challenge"]).status_code == 200


@pytest.mark.parametrize(
    "told",
    [
        {},
        [],
        {"success": True},
        {"success": "true", "action": "ACTION", "results": "RESULTS"},
        {"success": True, "action": "another", "results": "RESULTS"},
        {"success": True, "action": "ACTION", "results": []},
        {"success": True, "action": "ACTION", "results": [3]},
        {"success": True, "action": "ACTION", "results": [{"success": True, "nullifier": 5}]},
        {"success": True, "action": "ACTION", "results": [{"success": True, "nullifier": "0xdead"}]},
        {"success": True, "action": "ACTION", "results": [{"success": False, "nullifier": "NULLIFIER"}]},
        {"success": True, "action": "ACTION", "results": "RESULTS", "environment": "staging"},
    ],
)
def test_an_answer_of_worlds_that_does_not_say_yes_to_this_proof_is_a_no(
    server: RunningServer, world: World, told: Any
) -> None:
    hitl = ask(server)
    asked = request_for(server, hitl)
    proof = world.prove(asked["world_id"])
    nullifier = proof["responses"][0]["nullifier"]
    results = json.dumps([{"success": True, "nullifier": nullifier}])
    text = json.dumps(told).replace('"RESULTS"', results).replace("NULLIFIER", nullifier)
    world.answer = (200, text.replace("ACTION", proof["action"]).encode())
    refused = submit(server, hitl, proof, asked["challenge"])
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed"), refused.text


def test_the_page_verifies_no_world_id(server: RunningServer, world: World) -> None:
    """The review page loads nothing from elsewhere, so a policy that needs it there is refused."""
    given = policy(("world_id",))
    refused = server.service.post("/api/v1/reviews", json={**QUESTION, "verification_policy": given})
    assert (refused.status_code, refused.json()["error"]) == (422, "unsupported_field")
    assert "passkey" in refused.json()["hint"]
    hitl = ask(server, ("world_id",), ("passkey",), required_for=["inline_submit", "browser_submit"])
    assert set(challenged(server, hitl, {"action": "confirm"})) == {"challenge", "passkey"}


def test_two_providers_can_be_asked_for_together(server: RunningServer, world: World) -> None:
    """HITL v0.8 §7.6: all_of."""
    device = registered(server)
    hitl = ask(server, ("world_id", "passkey"))
    asked = request_for(server, hitl)
    human = evidence(world.prove(asked["world_id"]), asked["challenge"], provider="world_id")
    alice = evidence(device.sign(asked["passkey"]), asked["challenge"])
    one = post(server, hitl, "respond", {**CONFIRM, "verification_evidence": [alice]})
    assert one.json()["message"].endswith("not enough: proof_of_human by world_id.")
    both = post(server, hitl, "respond", {**CONFIRM, "verification_evidence": [alice, human]})
    assert both.status_code == 200, both.text
    told = server.status(hitl)["submission_context"]["verification_result"]
    assert [piece["provider"] for piece in told["verified_evidence"]] == ["passkey", "world_id"]


def test_a_server_that_knows_no_world_refuses_policies_that_need_it(tmp_path: Any) -> None:
    with running(tmp_path) as plain:
        given = {**QUESTION, "verification_policy": policy(("world_id",), required_for=["inline_submit"])}
        refused = plain.service.post("/api/v1/reviews", json=given)
        assert (refused.status_code, refused.json()["error"]) == (422, "unsupported_field")
        assert "passkey" in refused.json()["hint"]


def test_a_world_that_is_out_of_reach_lets_nothing_through(world: World, tmp_path: Any) -> None:
    """Nor does one that nobody allowed the server to call; without a key, requests are somebody else's."""
    given = {"world_id_rp_id": RP_ID, "world_id_api": "http://localhost:1"}
    for networks in ("", "127.0.0.0/8,::1/128"):
        with running(tmp_path / str(len(networks)), **given, private_networks=networks) as server:
            hitl = ask(server)
            asked = request_for(server, hitl)
            assert "rp_context" not in asked["world_id"]
            signed = {"rp_id": RP_ID, "signature": "0x" + "00" * 65, "nonce": "0x1"}
            proof = world.prove({**asked["world_id"], "rp_context": signed})
            refused = submit(server, hitl, proof, asked["challenge"])
            assert (refused.status_code, refused.json()["error"]) == (503, "verifier_unavailable")
            assert refused.headers["retry-after"]
            assert server.status(hitl)["status"] == "pending"
