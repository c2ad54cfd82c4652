"""Devices and the list that they sign, as programs see them; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from openhitl.errors import AnotherIdentity
from openhitl.identity.devices import REGISTERS, SIGNS
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.sealed.device_list import read_chain
from openhitl.server.opening import open_store
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
    link_after,
    next_link,
    numbers,
    proof_of,
    registered,
    session_of,
    somebody,
)

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


def test_only_the_device_itself_moves_its_place_and_name(server):
    """Its public keys are known to every session of its owner, and to agents."""
    who = somebody(server)
    one, number = registered(who)
    thief = again(server, who)
    proofs = {
        "none": None,
        "no text": 5,
        "no signature": "AAAA",
        "by another": proof_of(replace(fresh(), listed=one.listed), thief),
        "for another session": proof_of(one, who),
        "for a pairing": claiming_proof(one, str(session_of(thief))),
    }
    for what, proof in proofs.items():
        answer = thief.post(DEVICES, json=keys_of(one, name="Taken", proof=proof))
        assert code_of(answer) == (409, "device_unproven"), what
    (known,) = who.http.get(DEVICES).json()["devices"]
    assert (known["id"], known["name"], known["here"]) == (number, one.listed.name, True)
    assert who.post(DEVICES, json=keys_of(one, name="Renamed")).status_code == 201, "where it is, it may"


def test_a_device_whose_session_is_over_is_nobody_elses_either(server):
    who = somebody(server)
    one, _ = registered(who)
    other = again(server, who)
    store, _ = open_store(server.settings)
    with closing(store):
        store.end_sessions(who.person.person_id, by=OPERATOR, now=datetime.now(UTC), but=session_of(other))
    assert code_of(other.post(DEVICES, json=keys_of(one))) == (409, "device_unproven")
    assert registered(other, one)[0] is one


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


def test_nobody_registers_without_end(server):
    """What takes the place of another would fill the log."""
    who = somebody(server)
    for _ in range(REGISTERS):
        assert who.post(DEVICES, json=keys_of(fresh())).status_code == 201
    assert code_of(who.post(DEVICES, json=keys_of(fresh()))) == (429, "rate_limited")


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


@pytest.mark.parametrize("name", ["Lap\u202etop", " Laptop", "Lap\ntop", "Lapt\u0301e\u0301", "\u200b"])
def test_a_list_names_devices_as_they_may_call_themselves(server, name):
    who = somebody(server)
    laptop, _ = registered(who)
    named = replace(laptop, listed=replace(laptop.listed, name=name))
    answer = who.post(LIST, json=next_link(who, [named], laptop))
    assert code_of(answer) == (422, "invalid_request")
    assert [one["path"] for one in answer.json()["errors"]] == ["name"]
    assert who.http.get(LIST).json()["chain"] == []


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


def test_a_list_is_not_signed_too_often(server):
    who = somebody(server)
    for _ in range(SIGNS):
        assert code_of(who.post(LIST, json={})) == (422, "invalid_request")
    assert code_of(who.post(LIST, json={})) == (429, "rate_limited")
