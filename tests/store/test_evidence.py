"""Evidence is good once, whoever else is submitting; passkeys and the links they come by. HITL v0.8 §7.6."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from openhitl.errors import DuplicateSubmission, VerificationFailed
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.passkeys import NewPasskey, PasskeyHolder
from openhitl.protocol.policies import read_policy
from openhitl.store.engine import open_database
from tests.protocol.test_policies import RAW
from tests.store.desk import ALICE, NOW, WAIT_SECONDS, creating, opened, submitting

PROOF, OTHER = b"\x01" * 32, b"\x02" * 32
MINUTES = timedelta(minutes=15)
LINK = b"\x03" * 32
KEY = NewPasskey(rp_id="localhost", credential_id=b"id", public_key=b"cose", sign_count=0)
ALICES = PasskeyHolder("Alice")


def proving(case_id: str, *proofs: bytes, submission_id: str | None = None):
    return replace(submitting(case_id, submission_id), spent=proofs)


def test_evidence_is_spent_with_the_answer_that_rests_on_it(desk):
    first, second = desk.ask(), desk.ask()
    assert desk.do(proving(first, PROOF)).decision.refusal is None
    refused = desk.do(proving(second, OTHER, PROOF)).decision
    assert isinstance(refused.refusal, VerificationFailed)
    assert not refused.case.is_final
    assert desk.store.events(second, 1) == []
    assert desk.do(proving(second, OTHER)).decision.refusal is None, "nothing was spent by the refusal"


def test_of_two_in_one_batch_the_first_has_it(desk):
    first, second = desk.ask(), desk.ask()
    futures = desk.together((proving(first, PROOF), ALICE), (proving(second, PROOF), ALICE))
    refusals = [future.result().decision.refusal for future in futures]
    assert refusals[0] is None
    assert isinstance(refusals[1], VerificationFailed)


def test_what_is_refused_anyway_spends_nothing(desk):
    answered, waiting = desk.answered(), desk.ask()
    assert isinstance(desk.do(proving(answered, PROOF)).decision.refusal, DuplicateSubmission)
    assert desk.do(proving(waiting, PROOF)).decision.refusal is None


def test_the_same_submission_is_confirmed_although_its_evidence_is_spent(desk):
    case_id = desk.ask()
    command = proving(case_id, PROOF, submission_id="s-1")
    assert desk.do(command).decision.refusal is None
    assert desk.do(command).decision.replayed


def test_of_fifty_cases_that_rest_on_one_proof_exactly_one_is_answered(desk):
    case_ids = [desk.ask() for _ in range(50)]
    start = threading.Barrier(50)

    def submit(case_id: str) -> bool:
        start.wait(WAIT_SECONDS)
        return desk.do(proving(case_id, PROOF)).decision.refusal is None

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(submit, case_ids)) == 1


def test_two_processes_never_both_rest_on_one_proof(database_url):
    with opened(database_url) as ours, opened(database_url) as theirs:
        races = []
        for number in range(60):
            proof = number.to_bytes(32, "big")
            for desk in (ours, theirs) if number % 2 else (theirs, ours):
                races.append((number, desk.put(proving(ours.ask(), proof))))
        wins = dict.fromkeys(range(60), 0)
        for number, future in races:
            refusal = future.result(WAIT_SECONDS).decision.refusal
            assert refusal is None or isinstance(refusal, VerificationFailed)
            wins[number] += refusal is None
        assert set(wins.values()) == {1}
        assert ours.store.verify_log() is None


def test_retention_forgets_what_was_spent_with_its_case(desk, database_url):
    case_id = desk.ask()
    desk.do(proving(case_id, PROOF))
    assert desk.store.purge(NOW + timedelta(days=1), 10) == 1
    database = open_database(database_url)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM spent_proofs").scalar() == 0
    database.close()


def test_a_policy_and_what_became_of_it_are_read_back(desk):
    policy = replace(read_policy(RAW), challenge="ours")
    command = creating()
    command = replace(command, content=replace(command.content, policy=policy))
    desk.do(command, ALICE)
    told = {"satisfied": True, "verified_evidence": [], "missing_requirements": []}
    desk.do(submitting(command.case_id, verification=told))
    stored = desk.store.load(command.case_id)
    assert stored.content.policy == policy
    assert stored.answer.verification == told


def test_a_link_is_good_once_and_for_a_while(desk):
    store = desk.store
    store.add_passkey_link(ALICES, LINK, by=OPERATOR, now=NOW, until=NOW + MINUTES)
    assert store.passkey_link(LINK, NOW) == ALICES
    assert store.passkey_link(LINK, NOW + MINUTES) is None
    assert store.passkey_link(OTHER, NOW) is None
    assert not store.add_passkey(LINK, KEY, now=NOW + MINUTES)
    assert store.add_passkey(LINK, KEY, now=NOW)
    assert store.passkey_link(LINK, NOW) is None
    assert not store.add_passkey(LINK, replace(KEY, credential_id=b"another"), now=NOW)


def test_a_passkey_is_registered_once_and_its_link_is_left_good(desk):
    for number in (LINK, OTHER):
        desk.store.add_passkey_link(ALICES, number, by=OPERATOR, now=NOW, until=NOW + MINUTES)
    assert desk.store.add_passkey(LINK, KEY, now=NOW)
    assert not desk.store.add_passkey(OTHER, KEY, now=NOW)
    assert desk.store.passkey_link(OTHER, NOW) == ALICES


def test_of_ten_who_use_one_link_at_once_one_registers(desk):
    desk.store.add_passkey_link(ALICES, LINK, by=OPERATOR, now=NOW, until=NOW + MINUTES)

    def register(number: int) -> bool:
        return desk.store.add_passkey(LINK, replace(KEY, credential_id=bytes([number])), now=NOW)

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(register, range(10))) == 1


@pytest.mark.parametrize("count", [0, 7])
def test_a_passkey_is_found_used_and_revoked(desk, count):
    store = desk.store
    store.add_passkey_link(ALICES, LINK, by=OPERATOR, now=NOW, until=NOW + MINUTES)
    store.add_passkey(LINK, KEY, now=NOW)
    passkey = store.find_passkey(b"id")
    assert (passkey.name, passkey.public_key, passkey.last_used_at) == ("Alice", b"cose", None)
    assert store.find_passkey(b"di") is None
    store.passkey_used(passkey.passkey_id, count, NOW)
    store.passkey_used(passkey.passkey_id, count - 1, NOW + MINUTES)
    used = store.find_passkey(b"id")
    assert (used.sign_count, used.last_used_at) == (count, NOW + MINUTES)
    assert store.revoke_passkey(passkey.passkey_id, by=OPERATOR, now=NOW)
    assert not store.revoke_passkey(passkey.passkey_id, by=OPERATOR, now=NOW)
    assert store.find_passkey(b"id") is None
    assert [one.revoked_at for one in store.list_passkeys()] == [NOW]
