"""A device comes in, as programs see it; on both databases."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from openhitl.identity.pairing import code_hash
from openhitl.protocol.audit import ANYBODY
from openhitl.protocol.devices import NewDevice
from openhitl.server.opening import open_store
from openhitl.store.pairings import NewClaim
from tests.door.device_owners import (
    DEVICES,
    LIST,
    PAIRINGS,
    TERMINAL,
    again,
    claiming_proof,
    code_of,
    fresh,
    keys_of,
    next_link,
    numbers,
    proof_of,
    registered,
    somebody,
)


def begun(who):
    answer = who.post(PAIRINGS, json={})
    assert answer.status_code == 201, answer.text
    return answer.json()


def claim_of(shown, one=None, kind="terminal", **more):
    keys = keys_of(one) if one else {"name": "A machine"}
    return {"code": shown["code"], "kind": kind, **keys, **more}


def claimed(server, shown, one=None, **more):
    answer = server.anyone.post(f"{PAIRINGS}/claim", json=claim_of(shown, one, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()


def entering(server, claim):
    return server.anyone.post(f"{PAIRINGS}/session", json={"claim": claim["claim"]})


def allowing(who, shown, number):
    return who.post(f"{PAIRINGS}/{shown['id']}/allow", json={"number": str(number)})


def other_than(number, step=1):
    return (int(number) - 10 + step) % 90 + 10


@contextmanager
def taking_turns(server):
    """Every test comes from one address, which may claim only so often."""
    store, keyring = open_store(server.settings)
    try:
        store.forget_rates(datetime.now(UTC) + timedelta(days=1), 1000)
        yield store, keyring
    finally:
        store.close()


@pytest.fixture(autouse=True)
def _unhurried(server):
    with taking_turns(server):
        yield


def test_a_device_comes_in_by_code_and_number(server):
    who, terminal = somebody(server), fresh("terminal")
    shown = begun(who)
    assert shown["url"].endswith(f"/pair?code={shown['code']}")
    place = f"{PAIRINGS}/{shown['id']}"
    assert who.http.get(place).json()["state"] == "waiting"
    claim = claimed(server, shown, terminal)
    assert claim["person"]["name"] == who.person.name
    assert entering(server, claim).status_code == 202
    seen = who.http.get(place).json()
    assert (seen["state"], seen["device"]["name"]) == ("claimed", terminal.listed.name)
    assert seen["device"]["fingerprint"] == terminal.listed.fingerprint
    assert set(seen["device"]) == {"name", "kind", "place", "box", "sign", "fingerprint"}, "not the number"
    assert allowing(who, shown, claim["number"]).json()["state"] == "allowed"
    told = entering(server, claim).json()
    assert told["method"] == "pairing"
    bearer = {"authorization": f"Bearer {told['token']}"}
    (listed,) = server.anyone.get(DEVICES, headers=bearer).json()["devices"]
    assert (listed["here"], listed["kind"], listed["box"]) == (True, "terminal", terminal.listed.box)
    assert code_of(entering(server, claim)) == (410, "pairing_over"), "once"


def test_a_device_without_keys_signs_in_all_the_same(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    assert who.http.get(f"{PAIRINGS}/{shown['id']}").json()["device"]["fingerprint"] is None
    assert allowing(who, shown, claim["number"]).status_code == 200
    assert entering(server, claim).status_code == 200
    assert numbers(who) == []


def test_a_browser_gets_a_cookie_and_no_token(server):
    who = somebody(server)
    shown = begun(who)
    body = claim_of(shown, fresh(), kind="browser")
    assert server.anyone.post(f"{PAIRINGS}/claim", json=body).status_code == 403, "from a page of ours"
    ours = {"origin": server.url}
    claim = server.anyone.post(f"{PAIRINGS}/claim", json=body, headers=ours).json()
    assert allowing(who, shown, claim["number"]).status_code == 200
    answer = entering(server, claim)
    server.anyone.cookies.clear()
    assert "token" not in answer.json()
    assert answer.headers["set-cookie"].startswith("hitl_session=hitlc_")


@pytest.mark.parametrize(
    "sent", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_no_other_site_signs_a_browser_in(server, sent):
    """Nor does it use up what it was let in with."""
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    assert allowing(who, shown, claim["number"]).status_code == 200
    given = {"claim": claim["claim"]}
    refused = server.anyone.post(f"{PAIRINGS}/session", json=given, headers=sent)
    assert code_of(refused) == (403, "cross_site")
    assert "set-cookie" not in refused.headers
    assert entering(server, claim).status_code == 200


def test_three_wrong_numbers_end_it(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    told = [allowing(who, shown, other_than(claim["number"], step)) for step in (1, 2, 3)]
    assert [code_of(one) for one in told] == [(422, "wrong_number")] * 3
    assert [one.json()["is_over"] for one in told] == [False, False, True]
    assert code_of(allowing(who, shown, claim["number"])) == (410, "pairing_over")
    assert code_of(entering(server, claim)) == (403, "pairing_denied")


@pytest.mark.parametrize("typed", ["", "x", "4 ", "123", "-1", "٤٢", "4.2", "1" * 200])
def test_what_is_no_number_is_a_wrong_one(server, typed):
    who = somebody(server)
    shown = begun(who)
    claimed(server, shown)
    assert code_of(allowing(who, shown, typed)) == (422, "wrong_number")


def test_whoever_is_not_let_in_is_told(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    assert who.post(f"{PAIRINGS}/{shown['id']}/deny").status_code == 204
    assert code_of(entering(server, claim)) == (403, "pairing_denied")
    assert code_of(allowing(who, shown, claim["number"])) == (410, "pairing_over")
    assert code_of(who.post(f"{PAIRINGS}/{shown['id']}/deny")) == (410, "pairing_over")


def test_a_code_is_claimed_once_and_no_other_code_is_one(server):
    who = somebody(server)
    shown = begun(who)
    claimed(server, shown)
    for code in (shown["code"], "BBBB-BBBB", "no code", ""):
        answer = server.anyone.post(f"{PAIRINGS}/claim", json=claim_of({"code": code}))
        assert code_of(answer) == (404, "not_found")


def test_nobody_claims_without_end(server):
    answers = [
        server.anyone.post(f"{PAIRINGS}/claim", json=claim_of({"code": "BBBB-BBBB"})).status_code
        for _ in range(11)
    ]
    assert answers == [404] * 10 + [429]


def test_only_where_it_was_begun_is_it_decided(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    for other in (somebody(server), again(server, who)):
        assert other.http.get(f"{PAIRINGS}/{shown['id']}").status_code == 404
        assert allowing(other, shown, claim["number"]).status_code == 404
        assert other.post(f"{PAIRINGS}/{shown['id']}/deny").status_code == 404


def test_ten_minutes_later_it_is_over(server):
    """The clock is the store's own: what it is given says what time it is."""
    who, now = somebody(server), datetime.now(UTC)
    later = now + timedelta(minutes=10, seconds=5)
    shown = begun(who)
    with taking_turns(server) as (store, _):
        claim = claimed(server, shown)
        assert store.pairing(shown["id"], later).state == "expired"
        by = {"by": None, "now": later}
        assert store.allow_pairing(shown["id"], int(claim["number"]), **by) is None
        assert store.forget_pairings(later, 1000) >= 1
    assert code_of(entering(server, claim)) == (401, "invalid_token")


def test_a_session_that_was_ended_lets_nobody_in(server):
    """Somebody has stolen it and begun to let a device in; its owner ends it elsewhere."""
    stolen = somebody(server)
    owner = again(server, stolen)
    shown = begun(stolen)
    claim = claimed(server, shown, fresh("terminal"))
    assert allowing(stolen, shown, claim["number"]).status_code == 200
    assert stolen.post("/api/v1/sessions/current/end").status_code == 204
    assert code_of(entering(server, claim)) == (410, "pairing_over")
    assert [one["here"] for one in owner.http.get(DEVICES).json()["devices"]] == [False]


def test_keys_that_are_taken_claim_nothing(server):
    taken, _ = registered(somebody(server))
    shown = begun(somebody(server))
    answer = server.anyone.post(f"{PAIRINGS}/claim", json=claim_of(shown, taken))
    assert code_of(answer) == (409, "device_key_taken")
    claimed(server, shown)  # the code is still good


def test_only_the_device_itself_comes_back_by_a_code(server):
    owner = somebody(server)
    one, number = registered(owner)
    shown = begun(owner)
    for proof in (None, claiming_proof(one, begun(owner)["code"]), proof_of(one, owner)):
        given = claim_of(shown, one, proof=proof)
        assert code_of(server.anyone.post(f"{PAIRINGS}/claim", json=given)) == (409, "device_unproven")
    claim = claimed(server, shown, one, proof=claiming_proof(one, shown["code"]))
    assert allowing(owner, shown, claim["number"]).status_code == 200
    assert entering(server, claim).status_code == 200
    assert numbers(owner) == [number]
    assert not owner.http.get(DEVICES).json()["devices"][0]["here"]


def test_whoever_claims_with_the_keys_of_a_device_to_be_is_not_let_in(server):
    """Nothing was to be proven when it claimed."""
    owner, one = somebody(server), fresh("terminal")
    shown = begun(owner)
    claim = claimed(server, shown, one)
    registered(again(server, owner), one)
    assert code_of(allowing(owner, shown, claim["number"])) == (409, "device_key_taken")


def test_of_twenty_claims_at_once_one_gets_it(server):
    """Beside the door, where one address claims ten times at most."""
    shown = begun(somebody(server))
    with taking_turns(server) as (store, keyring), ThreadPoolExecutor(20) as pool:

        def claim(number):
            new = NewDevice(kind=TERMINAL, name="A machine")
            one = NewClaim(hash=bytes([number]) * 32, device=new, place="", number=10 + number)
            return store.claim_pairing(
                code_hash(keyring, shown["code"]), one, by=ANYBODY, now=datetime.now(UTC)
            )

        got = list(pool.map(claim, range(20)))
    assert sum(one is not None for one in got) == 1


def test_twenty_allows_and_twenty_polls_begin_one_session(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown, fresh("terminal"))
    with ThreadPoolExecutor(20) as pool:
        allows = list(pool.map(lambda _: allowing(who, shown, claim["number"]).status_code, range(20)))
    assert sorted(allows) == [200] + [410] * 19
    polls = asyncio.run(_at_once(server.url, "/session", [{"claim": claim["claim"]}] * 20))
    assert sorted(polls) == [200] + [410] * 19
    assert len(numbers(who)) == 1


def test_sixty_guesses_at_once_are_three(server):
    who = somebody(server)
    shown = begun(who)
    claim = claimed(server, shown)
    wrong = [other_than(claim["number"], step) for step in range(1, 61)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: allowing(who, shown, number).status_code, wrong))
    assert sorted(answers) == [410] * 57 + [422] * 3


async def _at_once(url, path, bodies):
    async with httpx2.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        answers = await asyncio.gather(*(client.post(PAIRINGS + path, json=body) for body in bodies))
    return [answer.status_code for answer in answers]


def test_the_first_device_signs_the_one_that_comes_in(server):
    """From the allow on, before the new device has come back for its session."""
    who = somebody(server)
    laptop, _ = registered(who)
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).status_code == 201
    shown, phone = begun(who), fresh("terminal")
    claim = claimed(server, shown, phone)
    assert code_of(who.post(LIST, json=next_link(who, [laptop, phone], laptop))) == (409, "list_conflict")
    assert allowing(who, shown, claim["number"]).status_code == 200
    assert who.post(LIST, json=next_link(who, [laptop, phone], laptop)).status_code == 201
