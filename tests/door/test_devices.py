"""Devices, their list, and pairing, as programs see them; on both databases."""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from openhitl.errors import AnotherIdentity
from openhitl.protocol.people import Role, SessionKind
from openhitl.protocol.sealed.device_list import read_chain, signed, statement_after
from openhitl.protocol.tokens import hash_token
from openhitl.server.opening import open_store
from tests.people import sign_in
from tests.protocol.sealed.households import AT, device

DEVICES, LIST, PAIRINGS = "/api/v1/devices", "/api/v1/device-list", "/api/v1/pairings"
TERMINAL = SessionKind.TERMINAL
_numbers = itertools.count(1)


def fresh(kind="browser"):
    """Make a device that nobody has yet."""
    return device(f"door {next(_numbers)}", kind=kind)


def somebody(server):
    """Sign a new person in, in a browser."""
    return sign_in(server, f"Person {next(_numbers)}", Role.MEMBER)


def again(server, who, kind=SessionKind.BROWSER):
    return sign_in(server, who.person.name, kind=kind)


def keys_of(one, **more):
    listed = one.listed
    return {"name": listed.name, "box": listed.box, "sign": listed.sign, **more}


def registered(who, one=None):
    """Register the device where somebody is signed in; return it and its number."""
    one = one or fresh()
    answer = who.post(DEVICES, json=keys_of(one))
    assert answer.status_code == 201, answer.text
    return one, answer.json()["id"]


def next_link(who, devices, signer):
    """Sign what follows on somebody's list as it is now."""
    person, chain = who.person.actor_id, who.http.get(LIST).json()["chain"]
    latest = read_chain(chain, person=person) if chain else None
    return link_after(latest, person, devices, signer)


def link_after(latest, person, devices, signer):
    listed = [one.listed for one in devices]
    statement = statement_after(latest, person=person, devices=listed, signer=signer.listed.sign, at=AT)
    return signed(statement, signer.sign.sign).wire


def numbers(who):
    return [one["id"] for one in who.http.get(DEVICES).json()["devices"]]


def code_of(answer):
    return answer.status_code, answer.json()["error"]


# -- devices ----------------------------------------------------------------------------------


def test_a_device_is_listed_with_its_six_words_where_it_is_signed_in(server):
    who = somebody(server)
    one, number = registered(who)
    elsewhere = again(server, who, TERMINAL)
    (listed,) = elsewhere.http.get(DEVICES).json()["devices"]
    assert listed["id"] == number
    assert (listed["name"], listed["kind"], listed["here"]) == (one.listed.name, "browser", False)
    assert listed["fingerprint"] == one.listed.fingerprint
    assert who.http.get(DEVICES).json()["devices"][0]["here"] is True


def test_a_terminal_registers_as_one(server):
    who = again(server, somebody(server), TERMINAL)
    assert who.post(DEVICES, json=keys_of(fresh())).json()["kind"] == "terminal"


def test_a_session_has_one_device(server):
    who = somebody(server)
    one, first = registered(who)
    assert registered(who, one)[1] == first, "it is known"
    _, second = registered(who)
    assert numbers(who) == [second]
    assert code_of(who.post(DEVICES, json=keys_of(one))) == (409, "device_key_taken"), "it was replaced"


def test_a_device_comes_back_with_its_keys(server):
    """Its session ran out, or another took its place: it is the same device."""
    who = somebody(server)
    one, number = registered(who)
    later = again(server, who)
    assert registered(later, one)[1] == number
    assert later.http.get(DEVICES).json()["devices"][0]["here"] is True
    assert who.http.get(DEVICES).json()["devices"][0]["here"] is False


def test_nobody_gets_a_key_that_is_somebody_elses(server):
    one, _ = registered(somebody(server))
    thief = somebody(server)
    mixed = {**keys_of(fresh()), "box": one.listed.box}
    for given in (keys_of(one), mixed):
        assert code_of(thief.post(DEVICES, json=given)) == (409, "device_key_taken")
    assert numbers(thief) == []


def test_nobody_has_more_devices_than_a_list_holds(server):
    who = somebody(server)
    for _ in range(20):
        registered(again(server, who))
    assert code_of(again(server, who).post(DEVICES, json=keys_of(fresh()))) == (409, "too_many_devices")


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "a\u202eb"}, {"box": "AAAA"}, {"sign": 1}, {"box": None}, {"name": "A" * 101}],
)
def test_keys_and_names_are_checked(server, wrong):
    assert somebody(server).post(DEVICES, json=keys_of(fresh(), **wrong)).status_code == 422


def test_revoking_a_device_signs_it_out(server):
    who = somebody(server)
    other = again(server, who)
    one, number = registered(other)
    assert who.post(f"{DEVICES}/{number}/revoke").status_code == 204
    assert numbers(who) == []
    assert other.http.get(DEVICES).status_code == 401
    assert who.post(f"{DEVICES}/{number}/revoke").status_code == 404
    assert code_of(who.post(DEVICES, json=keys_of(one))) == (409, "device_key_taken"), "for good"


def test_signing_out_ends_the_device(server):
    who = somebody(server)
    other = again(server, who)
    registered(other)
    assert other.post("/api/v1/sessions/current/end").status_code == 204
    assert numbers(who) == []


def test_signing_in_again_in_a_browser_keeps_its_device(server):
    who = somebody(server)
    _, number = registered(who)
    store, _ = open_store(server.settings)
    try:
        before = who.token
        later = again(server, who)
        found = [store.session(hash_token(one), datetime.now(UTC)) for one in (before, later.token)]
        store.move_device(*(one.session.session_id for one in found))
    finally:
        store.close()
    assert who.post("/api/v1/sessions/current/end").status_code == 204
    assert numbers(later) == [number]


def test_another_page_changes_nothing(server):
    who = somebody(server)
    _, number = registered(who)
    for path, body in (
        (DEVICES, keys_of(fresh())),
        (LIST, {}),
        (PAIRINGS, {}),
        (f"{DEVICES}/{number}/revoke", {}),
    ):
        answer = who.http.post(path, json=body, headers={"origin": "https://evil.example"})
        assert code_of(answer) == (403, "cross_site")
    assert numbers(who) == [number]


# -- the list ---------------------------------------------------------------------------------


def test_a_list_grows_by_what_its_devices_sign(server):
    who = somebody(server)
    laptop, _ = registered(who)
    assert who.http.get(LIST).json() == {"person": who.person.actor_id, "chain": []}
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).json()["number"] == 1
    phone, _ = registered(again(server, who))
    assert who.post(LIST, json=next_link(who, [laptop, phone], laptop)).json()["number"] == 2
    latest = read_chain(who.http.get(LIST).json()["chain"], person=who.person.actor_id)
    assert [one.name for one in latest.devices] == [laptop.listed.name, phone.listed.name]
    assert latest.identity == laptop.listed.sign


def test_what_does_not_follow_is_a_conflict(server):
    who = somebody(server)
    laptop, _ = registered(who)
    first = next_link(who, [laptop], laptop)
    assert who.post(LIST, json=first).status_code == 201
    second = next_link(who, [laptop], laptop)
    assert who.post(LIST, json=second).status_code == 201
    for stale in (first, second):
        answer = who.post(LIST, json=stale)
        assert code_of(answer) == (409, "list_conflict")
        assert answer.json()["number"] == 2


def test_of_two_at_once_one_is_next(server):
    who = somebody(server)
    laptop, _ = registered(who)
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).status_code == 201
    link = next_link(who, [laptop], laptop)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: who.post(LIST, json=link).status_code, range(8)))
    assert sorted(answers) == [201] + [409] * 7


def test_a_list_names_what_is_registered_and_not_revoked(server):
    who = somebody(server)
    laptop, _ = registered(who)
    stranger = fresh()
    assert code_of(who.post(LIST, json=next_link(who, [laptop, stranger], laptop))) == (409, "list_conflict")
    phone, number = registered(again(server, who))
    assert who.post(f"{DEVICES}/{number}/revoke").status_code == 204
    assert code_of(who.post(LIST, json=next_link(who, [laptop, phone], laptop))) == (409, "list_conflict")
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).status_code == 201


@pytest.mark.parametrize(
    "reason", ["device_list_by_stranger", "device_list_unsigned", "device_list_of_another"]
)
def test_a_statement_that_is_wrong_is_refused_with_the_reason(server, reason):
    who = somebody(server)
    laptop, _ = registered(who)
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).status_code == 201
    phone, _ = registered(again(server, who))
    wrong = next_link(who, [laptop, phone], phone)
    if reason == "device_list_unsigned":
        wrong = {**next_link(who, [laptop], laptop), "signature": wrong["signature"]}
    if reason == "device_list_of_another":
        wrong = link_after(None, "person:999", [laptop], laptop)
    answer = who.post(LIST, json=wrong)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)


def test_where_no_device_of_the_list_is_left_another_begins(server):
    """With another identity, which whoever remembers the old one refuses."""
    who = somebody(server)
    laptop, number = registered(who)
    assert who.post(LIST, json=next_link(who, [laptop], laptop)).status_code == 201
    person, old = who.person.actor_id, who.http.get(LIST).json()["chain"]
    later = again(server, who)
    phone, _ = registered(later)
    anew = link_after(None, person, [phone], phone)
    assert code_of(later.post(LIST, json=anew)) == (409, "list_conflict"), "the laptop is still there"
    assert later.post(f"{DEVICES}/{number}/revoke").status_code == 204
    assert later.post(LIST, json=anew).status_code == 201
    chain = later.http.get(LIST).json()["chain"]
    assert read_chain(chain, person=person).identity == phone.listed.sign
    with pytest.raises(AnotherIdentity):
        read_chain(chain, person=person, pin=read_chain(old, person=person).pin)
    # What follows, follows on the new one.
    assert later.post(LIST, json=next_link(later, [phone], phone)).json()["number"] == 2


# -- pairing ----------------------------------------------------------------------------------


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
    store, _ = open_store(server.settings)
    try:
        store.forget_rates(datetime.now(UTC) + timedelta(days=1), 1000)
        yield store
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
    with taking_turns(server) as store:
        claim = claimed(server, shown)
        assert store.pairing(shown["id"], later).state == "expired"
        by = {"by": None, "now": later}
        assert store.allow_pairing(shown["id"], int(claim["number"]), **by) is None
        assert store.forget_pairings(later, 1000) >= 1
    assert code_of(entering(server, claim)) == (401, "invalid_token")


def test_keys_that_are_taken_claim_nothing(server):
    taken, _ = registered(somebody(server))
    shown = begun(somebody(server))
    answer = server.anyone.post(f"{PAIRINGS}/claim", json=claim_of(shown, taken))
    assert code_of(answer) == (409, "device_key_taken")
    claimed(server, shown)  # the code is still good


def test_of_twenty_claims_at_once_one_gets_it(server):
    shown = begun(somebody(server))
    store_codes = asyncio.run(_at_once(server.url, "/claim", [claim_of(shown)] * 10))
    assert sorted(store_codes) == [201] + [404] * 9


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
