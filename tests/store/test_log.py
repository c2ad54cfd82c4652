"""The log: whoever changes, removes, adds or reorders anything is found out; nothing secret is in it."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol import jcs
from openhitl.protocol.audit_chain import entry_hash
from openhitl.protocol.case import Progress
from openhitl.protocol.commands import SaveDraft
from openhitl.store.engine import open_database
from openhitl.store.log import first_broken
from tests.store.desk import submitting


@contextmanager
def tampering(url):
    database = open_database(url)
    with database.write.connect() as connection:
        if database.kind == "sqlite":
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield lambda statement: connection.exec_driver_sql(statement)
        connection.commit()
    database.close()


@pytest.fixture
def filled(desk):
    """Three cases, answered: positions 1 to 6."""
    for _ in range(3):
        desk.answered()
    return desk


def test_an_untouched_log_is_whole(filled):
    assert filled.store.head() == 6
    assert filled.store.verify_log() is None


def test_an_empty_log_is_whole(desk):
    assert desk.store.verify_log() is None


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE log SET at = at + 1 WHERE position = 3", 3),
        ("UPDATE log SET kind = 'cancelled' WHERE position = 2", 2),
        ("UPDATE log SET actor = 'link:mallory' WHERE position = 4", 4),
        ("UPDATE log SET actor_kind = 'person' WHERE position = 4", 4),
        ("UPDATE log SET seq = seq + 7 WHERE position = 1", 1),
        ("UPDATE log SET case_ref = (SELECT min(case_ref) FROM log), seq = 7 WHERE position = 5", 5),
        (
            "UPDATE cases SET case_id = case_id || 'x'"
            " WHERE id = (SELECT case_ref FROM log WHERE position = 5)",
            5,
        ),
        ("UPDATE log_payloads SET payload = replace(payload, 'approve', 'reject') WHERE position = 4", 4),
        (
            "UPDATE log_payloads SET salt = (SELECT salt FROM log_payloads WHERE position = 1)"
            " WHERE position = 2",
            2,
        ),
        ("UPDATE log SET hash = (SELECT hash FROM log WHERE position = 1) WHERE position = 6", 6),
        ("DELETE FROM log WHERE position = 3", 3),
        ("DELETE FROM log WHERE position = 6", 6),
        ("DELETE FROM log", 1),
        ("UPDATE log SET position = position + 10 WHERE position > 2", 3),
        ("UPDATE log_head SET position = 7", 7),
        ("UPDATE log_head SET position = 5", 6),
    ],
)
def test_tampering_shows_at_its_place(filled, database_url, statement, position):
    with tampering(database_url) as execute:
        execute(statement)
    assert filled.store.verify_log() == position


def test_swapped_entries_show(filled, database_url):
    with tampering(database_url) as execute:
        execute("UPDATE log SET position = 100 WHERE position = 2")
        execute("UPDATE log SET position = 2 WHERE position = 3")
        execute("UPDATE log SET position = 3 WHERE position = 100")
    assert filled.store.verify_log() == 2


def test_an_entry_made_up_at_the_end_shows(filled, database_url):
    with tampering(database_url) as execute:
        execute(
            "INSERT INTO log (position, case_ref, seq, kind, at, actor_kind, actor, payload_digest, hash)"
            " SELECT 7, case_ref, 99, kind, at, actor_kind, actor, payload_digest, hash FROM log"
            " WHERE position = 6"
        )
        execute("UPDATE log_head SET position = 7")
    assert filled.store.verify_log() == 7


def test_payloads_may_go_without_breaking_the_chain(filled, database_url):
    with tampering(database_url) as execute:
        execute("DELETE FROM log_payloads WHERE position IN (2, 5)")
    assert filled.store.verify_log() is None


def test_a_payload_digest_is_salted(desk, database_url):
    first, second = desk.ask(), desk.ask()
    database = open_database(database_url)
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT payload_digest, salt, payload FROM log JOIN log_payloads USING (position)"
            " ORDER BY position"
        ).all()
    database.close()
    (digest, salt, payload), (_, other_salt, _) = [(bytes(a), bytes(b), c) for a, b, c in rows]
    assert salt != other_salt
    assert len(salt) == 16
    assert digest == hashlib.sha256(salt + payload.encode()).digest()
    assert first != second


def test_sensitive_values_are_nowhere_in_the_clear(desk, database_url):
    case_id = desk.ask()
    desk.do(submitting(case_id, data={"user": "alice", "pin": "canary-4711"}, sensitive=frozenset({"pin"})))
    assert desk.store.load(case_id).answer.data["pin"] == "canary-4711"
    assert "canary-4711" not in str(desk.store.log_since(0, 10))
    database = open_database(database_url)
    with database.reading() as connection:
        tables = ("answers", "drafts", "log", "log_payloads", "cases", "contents", "tokens")
        rows = [str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables]
    database.close()
    assert "alice" in rows[0]
    assert not any("canary-4711" in row for row in rows)


@given(
    actor=st.text(st.characters(exclude_categories=["Cs"])),
    position=st.integers(1, 2**53),
    seq=st.integers(1, 2**31),
    at=st.integers(0, 2**43),
)
def test_an_entry_is_hashed_over_its_canonical_form(actor, position, seq, at):
    digest, previous = b"d" * 32, b"p" * 32
    entry = {
        "position": position,
        "case": "review_x",
        "seq": seq,
        "kind": "opened",
        "at": at,
        "actor": {"kind": "link", "id": actor},
        "payload_digest": digest.hex(),
    }
    expected = hashlib.sha256(previous + jcs.canonical(entry)).digest()
    assert (
        entry_hash(previous, (position, "review_x", seq, "opened", at), ("link", actor), digest) == expected
    )


def test_a_payload_is_written_in_its_canonical_form(desk, database_url):
    case_id = desk.ask()
    progress = Progress(current_step=1, total_steps=2, completed_fields=0, total_fields=1)
    desk.do(SaveDraft(case_id=case_id, values={}, progress=progress))
    desk.do(submitting(case_id, data={"ü": [1e21, 0.5, {"\U0001f600": None}], "\ue000": '\x7f\n"'}))
    database = open_database(database_url)
    with database.reading() as connection:
        payloads = connection.exec_driver_sql("SELECT payload FROM log_payloads").scalars().all()
    database.close()
    assert len(payloads) == 3
    assert [jcs.canonical(json.loads(payload)).decode() for payload in payloads] == payloads


@pytest.mark.parametrize(
    ("statement", "newest", "position"),
    [
        ("SELECT 1", 2, None),
        ("SELECT 1", 100, None),
        ("UPDATE log SET at = at + 1 WHERE position = 3", 2, None),
        ("UPDATE log SET at = at + 1 WHERE position = 3", 3, None),
        ("UPDATE log SET at = at + 1 WHERE position = 3", 4, 3),
        ("UPDATE log SET hash = payload_digest WHERE position = 3", 3, 4),
        ("DELETE FROM log WHERE position = 3", 3, 3),
        ("DELETE FROM log WHERE position = 6", 2, 6),
    ],
)
def test_the_end_of_the_log_can_be_checked_alone(filled, database_url, statement, newest, position):
    with tampering(database_url) as execute:
        execute(statement)
    with closing(open_database(database_url)) as database:
        assert first_broken(database, newest=newest) == position
