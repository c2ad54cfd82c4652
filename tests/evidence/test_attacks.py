"""Proofs that prove nothing: of something else, by somebody else, too late, twice. HITL v0.8 §7.6, §13.9."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openhitl.protocol.base64url import decode, encode
from openhitl.server.passkey_admin import list_passkeys, revoke_passkey
from tests.evidence.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Authenticator
from tests.evidence.policies import challenged, evidence, policy, proven, registered, respond
from tests.servers import APPROVAL, RunningServer, running

APPROVE = {"action": "approve"}
CHANGES = {"action": "edit", "data": {"feedback": "Use the canary."}}
PRESS = {"submitted_via": "x-test", "submitted_by": {"platform": "x-test", "platform_user_id": "7"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("attacks")) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def device(server: RunningServer) -> Authenticator:
    return registered(server)


def ask(server: RunningServer, **changes: Any) -> dict[str, Any]:
    return server.ask({**APPROVAL, "verification_policy": policy(**changes)})


def refused(server: RunningServer, hitl: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Submit something that must not be taken, on either path; return the refusal of the page's."""
    response = respond(server, hitl, body)
    assert (response.status_code, response.json()["error"]) == (403, "verification_failed"), response.text
    inline = submit(server, hitl, body)
    assert (inline.status_code, inline.json()["error"]) == (403, "verification_failed"), inline.text
    assert server.status(hitl)["status"] == "pending"
    return response.json()


def submit(server: RunningServer, hitl: dict[str, Any], body: dict[str, Any]) -> Any:
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    return server.anyone.post(hitl["submit_url"], json={**body, **PRESS}, headers=headers)


def test_a_proof_for_another_case(server: RunningServer, device: Authenticator) -> None:
    proof = proven(server, ask(server), APPROVE, device)
    refused(server, ask(server), proof)


def test_a_proof_for_another_action(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    proof = proven(server, hitl, APPROVE, device)
    refused(server, hitl, {**proof, "action": "reject"})


def test_a_proof_for_other_data(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    proof = proven(server, hitl, CHANGES, device)
    refused(server, hitl, {**proof, "data": {"feedback": "Use the canary!"}})


def test_a_proof_over_a_challenge_of_somebody_elses(server: RunningServer, device: Authenticator) -> None:
    hitl, other = ask(server), ask(server)
    asked = challenged(server, hitl, APPROVE)
    foreign = challenged(server, other, APPROVE)["challenge"]
    for challenge in (foreign, "", "A" * 51, asked["challenge"][:-2], asked["challenge"] + "AA"):
        body = {**APPROVE, "verification_evidence": [evidence(device.sign(asked["passkey"]), challenge)]}
        refused(server, hitl, body)


def test_a_challenge_whose_instant_was_moved(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    asked = challenged(server, hitl, APPROVE)
    raw = bytearray(decode(asked["challenge"]))
    raw[3] ^= 1
    later = encode(bytes(raw))
    refused(
        server, hitl, {**APPROVE, "verification_evidence": [evidence(device.sign(asked["passkey"]), later)]}
    )


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://localhost"},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
        {"challenge": encode(bytes(32))},
        {"challenge": ""},
    ],
)
def test_what_a_browser_says_must_be_right(server: RunningServer, device: Authenticator, said: Any) -> None:
    hitl = ask(server)
    asked = challenged(server, hitl, APPROVE)
    assertion = device.sign(asked["passkey"], **said)
    refused(server, hitl, {**APPROVE, "verification_evidence": [evidence(assertion, asked["challenge"])]})


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, 0, PRESENT | VERIFIED | BACKED_UP])
def test_a_device_that_has_not_verified_its_user(server: RunningServer, flags: int) -> None:
    device = registered(server)
    device.flags = flags
    hitl = ask(server)
    refused(server, hitl, proven(server, hitl, APPROVE, device))


def test_a_device_for_another_host(server: RunningServer) -> None:
    device = registered(server)
    device.rp_id = "evil.example"
    hitl = ask(server)
    refused(server, hitl, proven(server, hitl, APPROVE, device))


def test_a_device_that_is_not_registered_or_signs_with_another_key(server: RunningServer) -> None:
    device = registered(server)
    stranger = Authenticator(origin=server.url, rp_id="localhost")
    hitl = ask(server)
    refused(server, hitl, proven(server, hitl, APPROVE, stranger))
    stranger.credential_id = device.credential_id
    refused(server, hitl, proven(server, hitl, APPROVE, stranger))


def test_a_counter_that_goes_back_is_a_copied_device(server: RunningServer) -> None:
    device = registered(server, counts=True)
    copied = copy.copy(device)
    for _ in range(2):
        hitl = ask(server)
        assert respond(server, hitl, proven(server, hitl, APPROVE, device)).status_code == 200
    hitl = ask(server)
    refused(server, hitl, proven(server, hitl, APPROVE, copied))


def test_a_revoked_passkey(server: RunningServer) -> None:
    device = registered(server, "Mallory")
    [passkey] = [one for one in list_passkeys(server.settings) if one.name == "Mallory"]
    revoke_passkey(server.settings, passkey.passkey_id)
    hitl = ask(server)
    refused(server, hitl, proven(server, hitl, APPROVE, device))


def test_a_proof_that_was_used_answers_nothing_else(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    assert respond(server, hitl, body).status_code == 200
    again = respond(server, hitl, body)
    assert (again.status_code, again.json()["error"]) == (409, "duplicate_submission")


def test_the_same_submission_is_confirmed_without_proof(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    body = {**proven(server, hitl, APPROVE, device), "submission_id": "tap"}
    first, again = respond(server, hitl, body), respond(server, hitl, {**APPROVE, "submission_id": "tap"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["completed_at"] == again.json()["completed_at"]


@pytest.mark.parametrize(
    "piece",
    [
        {"provider": "retina_inc"},
        {"provider": "world_id"},
        {"proof_type": "x-badge"},
        {"format": "jwt"},
        {"presentation": "text"},
        {"presentation": {}},
        {"presentation": {"rawId": 7}},
        {"presentation": {"rawId": "AAAA", "id": "AAAA", "response": []}},
        {"binding": {"case_id": "review_of_somebody_else"}},
        {"binding": {"action": "reject"}},
    ],
)
def test_evidence_of_no_use(server: RunningServer, device: Authenticator, piece: dict[str, Any]) -> None:
    hitl = ask(server)
    asked = challenged(server, hitl, APPROVE)
    given = evidence(device.sign(asked["passkey"]), asked["challenge"])
    given = {**given, **piece, "binding": {**given["binding"], **piece.get("binding", {})}}
    refused(server, hitl, {**APPROVE, "verification_evidence": [given]})


def test_of_ten_submits_with_one_proof_one_is_taken(server: RunningServer, device: Authenticator) -> None:
    """HITL v0.8 §13.2, whichever path they come by."""
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    ways = [respond, submit] * 5
    with ThreadPoolExecutor(len(ways)) as threads:
        codes = list(threads.map(lambda way: way(server, hitl, body).status_code, ways))
    assert sorted(codes) == [200] + [409] * 9


def test_two_proofs_of_one_provider(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    body["verification_evidence"] += proven(server, hitl, APPROVE, registered(server))[
        "verification_evidence"
    ]
    assert "more than one" in refused(server, hitl, body)["message"]


def test_one_bad_proof_among_good_ones(server: RunningServer, device: Authenticator) -> None:
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    body["verification_evidence"].append({**body["verification_evidence"][0], "provider": "world_id"})
    refused(server, hitl, body)


@pytest.mark.parametrize("broken", ["signature", "authenticatorData", "clientDataJSON"])
def test_no_byte_of_a_proof_may_be_changed(server: RunningServer, device: Authenticator, broken: str) -> None:
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    response = body["verification_evidence"][0]["presentation"]["response"]
    raw = bytearray(decode(response[broken]))
    for place in range(0, len(raw), 7):
        raw[place] ^= 1
        response[broken] = encode(bytes(raw))
        taken = respond(server, hitl, body)
        assert (taken.status_code, taken.json()["error"]) == (403, "verification_failed"), place
        raw[place] ^= 1


@pytest.mark.parametrize("given", [[{}] * 11, {}, "x", [3], [{"presentation": "x" * 40_000}]])
def test_what_is_no_evidence_is_invalid(server: RunningServer, given: Any) -> None:
    hitl = ask(server)
    response = respond(server, hitl, {**APPROVE, "verification_evidence": given})
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")
    assert "verification_evidence" in response.text


def test_evidence_that_nobody_asked_for_does_not_look_as_if_it_counted(
    server: RunningServer, device: Authenticator
) -> None:
    asked = challenged(server, ask(server), APPROVE)
    plain = server.ask()
    body = {**APPROVE, "verification_evidence": [evidence(device.sign(asked["passkey"]), asked["challenge"])]}
    taken = respond(server, plain, body)
    assert (taken.status_code, taken.json()["error"]) == (422, "unsupported_field")


def test_a_review_token_asks_for_challenges_of_its_own_case_only(server: RunningServer) -> None:
    hitl, other = ask(server), ask(server)
    url = f"/reviews/{other['case_id']}/challenge"
    for token in (hitl["review_url"].partition("token=")[2], hitl["submit_token"], ""):
        assert server.anyone.post(url, params={"token": token}, json=APPROVE).status_code == 401
    headers = {"authorization": f"Bearer {hitl['submit_token']}"}
    assert server.anyone.post(url, json={**APPROVE, **PRESS}, headers=headers).status_code == 401


def test_the_answer_that_is_to_be_proven_must_be_valid(server: RunningServer) -> None:
    hitl = ask(server)
    url, params = (
        f"/reviews/{hitl['case_id']}/challenge",
        {"token": hitl["review_url"].partition("token=")[2]},
    )
    wrong = server.anyone.post(url, params=params, json={"action": "edit"})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "invalid_answer")
    plain = server.ask()
    url, params = (
        f"/reviews/{plain['case_id']}/challenge",
        {"token": plain["review_url"].partition("token=")[2]},
    )
    assert server.anyone.post(url, params=params, json=APPROVE).json()["error"] == "unsupported_field"
    server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel")
    url, params = (
        f"/reviews/{hitl['case_id']}/challenge",
        {"token": hitl["review_url"].partition("token=")[2]},
    )
    late = server.anyone.post(url, params=params, json=APPROVE)
    assert (late.status_code, late.json()["error"]) == (409, "case_cancelled")


def test_a_synced_passkey_is_sure_of_less_than_a_bound_one(server: RunningServer) -> None:
    synced = registered(server, "Bob", flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    human = {"proof_type": "proof_of_human", "provider": "passkey"}
    for least, code in (("high", 403), ("medium", 200)):
        hitl = ask(server, requirements={"any_of": [{"all_of": [{**human, "min_assurance": least}]}]})
        taken = respond(server, hitl, proven(server, hitl, APPROVE, synced))
        assert taken.status_code == code, taken.text
        assert code == 200 or "at least high" in taken.json()["message"]


def test_no_proof_is_kept(server: RunningServer, device: Authenticator) -> None:
    """HITL v0.8 §7.6: what is told, logged and stored is normalised."""
    hitl = ask(server)
    body = proven(server, hitl, APPROVE, device)
    respond(server, hitl, body)
    parts = body["verification_evidence"][0]["presentation"]["response"].values()
    stored = b"".join(path.read_bytes() for path in server.settings.data_dir.glob("openhitl.db*"))
    for part in parts:
        for spelt in (part.encode(), decode(part), decode(part).hex().encode()):
            assert spelt not in stored


def test_nobody_changes_a_draft_under_the_hands_of_who_proves_it(
    server: RunningServer, device: Authenticator
) -> None:
    """Whoever holds the link can save drafts; the answers on the page to check are the ones that count."""
    form = {"fields": [{"key": "iban", "label": "IBAN", "type": "text"}]}
    question = {"type": "input", "prompt": "Where to?", "context": {"form": form}}
    hitl = server.ask({**question, "verification_policy": policy()})
    params = {"token": hitl["review_url"].partition("token=")[2]}
    base = f"/reviews/{hitl['case_id']}"

    def save(iban: str) -> str:
        saved = server.anyone.put(f"{base}/draft", params=params, json={"values": {"iban": iban}})
        return saved.headers["x-draft-version"]

    seen = save("DE02 1203")
    save("XX66 6666")
    post = {"action": "submit", "version": seen}
    asked = server.anyone.post(f"{base}/challenge", params=params, data=post)
    assert (asked.status_code, asked.json()["error"]) == (409, "draft_conflict")
    page = server.anyone.post(f"{base}/respond", params=params, data=post)
    assert page.status_code == 409
    assert "The draft was changed on another device." in page.text
    post["version"] = save("DE02 1203")
    asked = server.anyone.post(f"{base}/challenge", params=params, data=post).json()
    proof = json.dumps([evidence(device.sign(asked["passkey"]), asked["challenge"])])
    save("XX66 6666")
    body = {**post, "verification_evidence": proof}
    assert server.anyone.post(f"{base}/respond", params=params, data=body).status_code == 409
    body["version"] = str(int(post["version"]) + 1)  # seen or not: it is not what was signed
    assert server.anyone.post(f"{base}/respond", params=params, data=body).status_code == 403
    assert server.status(hitl)["status"] != "completed"
    body["version"] = save("DE02 1203")
    assert server.anyone.post(f"{base}/respond", params=params, data=body).status_code == 303
    assert server.status(hitl)["result"]["data"] == {"iban": "DE02 1203"}
