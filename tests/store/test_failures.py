"""What fails: a statement, a commit, a connection; and that nobody is told anything but the truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from openhitl.errors import OutcomeUnknown, StoreError
from openhitl.keyring import Keyring
from openhitl.protocol.case import Status
from openhitl.protocol.commands import Open, SaveDraft
from openhitl.store import Store
from openhitl.store.engine import open_database
from tests.store.desk import AGENT, ALICE, SECRET, creating, opened, submitting
from tests.store.lossy import lossy_proxy

#: Refuses one row while the statement runs, or all while the transaction commits.
TRAPS = {
    "sqlite": {
        "statement": [
            "CREATE TRIGGER trap BEFORE INSERT ON contents WHEN NEW.body LIKE '%poison%'"
            " BEGIN SELECT RAISE(ABORT, 'poisoned'); END"
        ],
        "commit": [
            "CREATE TABLE trap (nobody INTEGER REFERENCES agents (id) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TRIGGER trap_content AFTER INSERT ON contents WHEN NEW.body LIKE '%poison%'"
            " BEGIN INSERT INTO trap VALUES (-1); END",
            "CREATE TRIGGER trap_draft AFTER INSERT ON drafts WHEN NEW.body LIKE '%poison%'"
            " BEGIN INSERT INTO trap VALUES (-1); END",
        ],
    },
    "postgresql": {
        "statement": [
            "CREATE FUNCTION trap() RETURNS trigger AS $$ BEGIN RAISE 'poisoned'; END $$ LANGUAGE plpgsql",
            "CREATE TRIGGER trap BEFORE INSERT ON contents FOR EACH ROW"
            " WHEN (NEW.body LIKE '%%poison%%') EXECUTE FUNCTION trap()",
        ],
        "commit": [
            "CREATE FUNCTION trap() RETURNS trigger AS $$ BEGIN RAISE 'poisoned'; END $$ LANGUAGE plpgsql",
            *(
                f"CREATE CONSTRAINT TRIGGER trap_{table} AFTER INSERT ON {table}"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
                " WHEN (NEW.body LIKE '%%poison%%') EXECUTE FUNCTION trap()"
                for table in ("contents", "drafts")
            ),
        ],
    },
}


def set_trap(url: str, when: str) -> None:
    database = open_database(url)
    with database.writing() as connection:
        for statement in TRAPS[database.kind][when]:
            connection.exec_driver_sql(statement)
    database.close()


@pytest.mark.parametrize("when", ["statement", "commit"])
def test_a_member_that_fails_takes_nobody_with_it(desk, database_url, when):
    set_trap(database_url, when)
    first, poisoned, second = creating(), creating(prompt="poison"), creating()
    failing, *fine = desk.together(
        (poisoned, AGENT), (first, AGENT), (second, AGENT), (submitting(first.case_id), ALICE)
    )
    assert isinstance(failing.exception(), StoreError)
    assert not isinstance(failing.exception(), OutcomeUnknown)
    assert all(future.result().decision.refusal is None for future in fine)
    assert desk.store.load(poisoned.case_id) is None
    assert desk.store.load(first.case_id).case.status is Status.COMPLETED
    assert desk.store.head() == 4
    assert desk.store.verify_log() is None


def test_a_draft_whose_commit_fails_is_not_kept(desk, database_url):
    case_id = desk.ask()
    desk.do(SaveDraft(case_id=case_id, values={"a": "fine"}))
    set_trap(database_url, "commit")
    with pytest.raises(StoreError) as caught:
        desk.do(SaveDraft(case_id=case_id, values={"a": "poison"}))
    assert not isinstance(caught.value, OutcomeUnknown)
    assert desk.store.draft(case_id).values == {"a": "fine"}


def test_text_that_cannot_be_stored_fails_alone(desk):
    good, bad = creating(), creating(prompt="half a character: \ud800")
    made, failed = desk.together((good, AGENT), (bad, AGENT))
    assert made.result().created
    assert isinstance(failed.exception(), StoreError)
    assert desk.ask()


@pytest.mark.parametrize("fate", ["deleted", "replaced"])
def test_nothing_is_acknowledged_on_a_file_that_is_no_longer_there(tmp_path, fate):
    """SQLite itself would go on writing to the deleted file, and all of it would be lost at the end."""
    with opened(f"sqlite:///{tmp_path}/cases.db") as desk:
        kept = desk.ask()
        place = tmp_path / "cases.db"
        place.rename(tmp_path / "away.db")
        if fate == "replaced":
            place.write_bytes(b"")
        with pytest.raises(StoreError, match="deleted, moved or replaced"):
            desk.do(creating(), AGENT)
        with pytest.raises(StoreError, match="deleted, moved or replaced"):
            desk.store.load(kept)
        (tmp_path / "away.db").replace(place)
        assert desk.ask()
        assert desk.store.load(kept) is not None


def test_what_a_store_error_says_holds_no_content(desk, database_url):
    set_trap(database_url, "statement")
    with pytest.raises(StoreError) as caught:
        desk.do(creating(prompt="poison"), AGENT)
    assert "poison" not in caught.value.message.replace("poisoned", "")


# -- lost connections, which only a server can have ---------------------------------------------


@pytest.fixture
def postgres_url(database_url_of) -> str:
    return database_url_of("postgresql")


def kill_connections(url: str) -> None:
    database = open_database(url)
    with database.writing() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    database.close()


def test_a_connection_lost_between_batches_costs_nobody_anything(postgres_url):
    with opened(postgres_url) as desk:
        case_id = desk.ask()
        kill_connections(postgres_url)
        made, opened_, other = desk.together(
            (creating(), AGENT), (Open(case_id), ALICE), (submitting(case_id), ALICE)
        )
        assert made.result().created
        assert opened_.result().decision.refusal is None
        assert other.result().decision.refusal is None
        assert desk.store.load(case_id).case.status is Status.COMPLETED


@contextmanager
def through_a_lossy_proxy(url: str) -> Iterator[tuple[Store, object]]:
    with lossy_proxy(url) as proxy, opened(proxy.url) as desk:
        yield desk, proxy


def test_a_commit_whose_confirmation_was_lost_is_found_in_the_log(postgres_url):
    with through_a_lossy_proxy(postgres_url) as (desk, proxy):
        case_id = desk.ask()
        proxy.lose("the confirmation of a commit")
        assert desk.do(submitting(case_id)).decision.refusal is None
        assert proxy.lost == 1
        assert desk.store.load(case_id).case.status is Status.COMPLETED
        assert desk.store.head() == 2
        assert desk.store.verify_log() is None


def test_a_commit_that_never_arrived_is_written_again(postgres_url):
    with through_a_lossy_proxy(postgres_url) as (desk, proxy):
        case_id = desk.ask()
        proxy.lose("a commit")
        assert desk.do(submitting(case_id)).decision.refusal is None
        assert proxy.lost == 1
        assert desk.store.load(case_id).case.status is Status.COMPLETED
        assert desk.store.head() == 2
        assert desk.store.verify_log() is None


def test_an_outcome_that_nobody_can_tell_is_said_to_be_unknown(postgres_url):
    with through_a_lossy_proxy(postgres_url) as (desk, proxy):
        case_id = desk.ask()
        proxy.lose("the confirmation of a commit", and_refuse=True)
        with pytest.raises(OutcomeUnknown):
            desk.do(submitting(case_id, "s-1"))
        with pytest.raises(StoreError):
            desk.do(submitting(case_id, "s-1"))
        proxy.recover()
        assert desk.do(submitting(case_id, "s-1")).decision.replayed


def test_a_draft_without_an_event_whose_confirmation_was_lost_is_unknown(postgres_url):
    with through_a_lossy_proxy(postgres_url) as (desk, proxy):
        case_id = desk.ask()
        desk.do(SaveDraft(case_id=case_id, values={"a": 1}))
        proxy.lose("the confirmation of a commit")
        with pytest.raises(OutcomeUnknown):
            desk.do(SaveDraft(case_id=case_id, values={"a": 2}))
        assert desk.do(SaveDraft(case_id=case_id, values={"a": 3})).decision.refusal is None


def test_reads_recover_from_lost_connections(postgres_url):
    with opened(postgres_url) as desk:
        case_id = desk.ask()
        desk.store.load(case_id)
        kill_connections(postgres_url)
        assert desk.store.load(case_id).case.case_id == case_id


def test_a_server_that_is_not_there_is_a_store_error(tmp_path):
    with pytest.raises(StoreError):
        Store.open(f"postgresql://postgres@/none?host={tmp_path}", Keyring(SECRET))
