"""The audit log of a server: what its start and end leave, and what is found when somebody changed it."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from openhitl.agent.receipts import is_signed
from openhitl.cases.checkpoints import keep_checkpoint
from openhitl.cases.receipts import ReceiptDesk
from openhitl.errors import LogBroken, SetupError
from openhitl.keyring import Keyring
from openhitl.protocol.audit_export import Export, anchor_of
from openhitl.protocol.checkpoints import read_checkpoint
from openhitl.server.app import Server
from openhitl.server.audit_admin import AuditLog, audit_log
from openhitl.server.opening import open_store
from openhitl.settings import MASK, Settings
from openhitl.store.engine import open_database
from tests.store.desk import CHANGED, NOW, SECRET, Desk, later, opened
from tests.store.test_log import tampering

SIGNING_KEY = "ab" * 32
URL = "https://hitl.example.com"


def recorded(settings, kind):
    """Read the data of the records of a kind."""
    store, _ = open_store(settings)
    with closing(store):
        entries = store.log_entries(after=0, until=store.head())
        return [json.loads(entry.payload)["data"] for entry in entries if entry.kind == kind]


async def serve_once(settings):
    server = Server(settings)
    await server.start()
    await server.stop()


def test_settings_are_recorded_when_they_differ_from_the_last(tmp_path):
    def settings(**given):
        return Settings(data_dir=tmp_path, world_id_rp_id="rp_1", **given)

    asyncio.run(serve_once(settings()))
    asyncio.run(serve_once(settings()))
    [first] = recorded(settings(), "settings.changed")
    assert first["changed"] == {}
    assert first["in_force"]["HITL_AGENT_RATE"] == 120
    assert first["in_force"]["HITL_DATA_DIR"] == str(tmp_path)
    asyncio.run(serve_once(settings(agent_rate=7, world_id_signing_key=SIGNING_KEY)))
    asyncio.run(serve_once(settings(agent_rate=7, world_id_signing_key=SIGNING_KEY[::-1])))
    _, second, third = recorded(settings(), "settings.changed")
    assert second["changed"]["HITL_AGENT_RATE"] == {"old": 120, "new": 7}
    [secret] = third["changed"].values()
    assert secret["old"] != secret["new"]
    assert all(shown.startswith(f"{MASK} ") and len(shown) == len(MASK) + 9 for shown in secret.values())
    assert "abab" not in json.dumps([second, third])


def test_a_checkpoint_is_kept_at_the_start_and_at_an_orderly_end(tmp_path):
    settings = Settings(data_dir=tmp_path, demo=True)

    async def scenario():
        server = Server(settings)
        await server.start()
        await server.book.ledger.read(server.book.ledger.store.rotate_receipts, **CHANGED)
        await server.stop()

    asyncio.run(scenario())
    with audit_log(settings) as log:
        checkpoint = read_checkpoint(log.checkpoint(), log.jwks, is_signed)
    store, _ = open_store(settings)
    with closing(store):
        newest = store.newest_checkpoint()
        assert (newest.position, newest.hash) == (store.head(), checkpoint.hash)
        assert checkpoint.key_id.startswith("receipt-")
        assert checkpoint.instance == store.instance_id


@dataclass
class Audited:
    """A store with a log of some length, and what was kept of it elsewhere."""

    desk: Desk
    url: str

    def log(self):
        return AuditLog(self.desk.store, ReceiptDesk(Keyring(SECRET), URL))

    def verify(self, *kept):
        log = self.log()
        anchors = [anchor_of(read_checkpoint(statement, log.jwks, is_signed)) for statement in kept]
        return Export(log.export(), is_signed).check(log.jwks, anchors)

    def position_found(self, *kept):
        with pytest.raises(LogBroken) as raised:
            self.verify(*kept)
        return raised.value.details["position"]


@pytest.fixture
def audited(database_url):
    """Six entries of cases, two of the operator's, a checkpoint between them."""
    with opened(database_url) as desk:
        audited = Audited(desk, database_url)
        desk.answered()
        desk.store.add_agent("bot", **CHANGED)
        desk.answered()
        audited.log().checkpoint()
        desk.store.rotate_receipts(**CHANGED)
        desk.answered()
        yield audited


def test_a_log_is_verified_with_its_checkpoints_across_keys(audited):
    kept = audited.log().checkpoint()
    whole = audited.verify(kept)
    assert (whole.end.position, whole.purged, whole.checkpoints) == (8, 0, 2)
    assert whole.witnesses[0].endswith("at position 8")
    assert audited.desk.store.newest_checkpoint().position == 8


def test_a_purge_leaves_the_log_verifiable(audited):
    kept = audited.log().checkpoint()
    later(audited.desk, timedelta(days=40))
    assert audited.desk.store.purge(audited.desk.now, 10) == 3
    whole = audited.verify(kept)
    assert (whole.end.position, whole.purged, whole.emptied) == (8, 6, 0)
    left = [entry for entry in audited.desk.store.log_entries(after=0, until=8) if entry.payload is not None]
    assert [entry.kind for entry in left] == ["agent.added", "secret.rotated"]
    assert audited.desk.store.verify_log() is None


def test_an_export_may_begin_behind_a_position(audited):
    log = audited.log()
    whole = Export(log.export(since=5), is_signed).check(log.jwks)
    assert (whole.header.after, whole.end.position) == (5, 8)
    with pytest.raises(SetupError, match="no position 9"):
        list(log.export(since=9))


def test_of_an_empty_log_there_is_an_export_and_no_checkpoint(desk_alone):
    log = desk_alone.log()
    assert Export(log.export(), is_signed).check(log.jwks).end.position == 0
    with pytest.raises(SetupError, match="empty"):
        log.checkpoint()


@pytest.fixture
def desk_alone(database_url):
    with opened(database_url) as desk:
        yield Audited(desk, database_url)


TAMPERED = [
    ("UPDATE log SET at = at + 1 WHERE position = {0}", 0),
    ("UPDATE log SET kind = 'cancelled' WHERE position = {0}", 0),
    ("UPDATE log SET actor = 'link:mallory' WHERE position = {0}", 0),
    ("UPDATE log SET actor_kind = 'rule' WHERE position = {0}", 0),
    ("UPDATE log SET seq = 99 WHERE position = {0}", 0),
    ("UPDATE log SET case_ref = 99, seq = 99 WHERE position = {0}", 0),
    ("UPDATE log SET payload_digest = hash WHERE position = {0}", 0),
    ("UPDATE log SET hash = payload_digest WHERE position = {0}", 0),
    ("UPDATE log_payloads SET payload = payload || ' ' WHERE position = {0}", 0),
    ("UPDATE log_payloads SET payload = '' WHERE position = {0}", 0),
    ("DELETE FROM log WHERE position = {0}", 0),
    ("DELETE FROM log WHERE position >= {0}", 0),
    ("UPDATE log SET position = position + 100 WHERE position > {0}", 1),
]


@pytest.mark.parametrize("place", [4, 8])
@pytest.mark.parametrize(("statement", "further"), TAMPERED)
def test_what_is_changed_in_the_database_shows_at_its_place(audited, statement, further, place):
    with tampering(audited.url) as execute:
        execute(statement.format(place))
    if further and place == 8:
        assert audited.verify().end.position == 8  # there was nothing to change
    else:
        assert audited.position_found() == place + further


def test_of_many_changes_in_a_sqlite_file_all_are_found(database_url_of):
    """SQLite takes anything anywhere."""
    columns = [
        ("log", name) for name in ("seq", "kind", "at", "actor_kind", "actor", "payload_digest", "hash")
    ]
    columns += [("log_payloads", name) for name in ("salt", "payload")]
    values = ["7", "7.5", "-1", "'x'", "''", "x'00'", "x''", "zeroblob(32)", "'é'", "char(0)"]
    chance = random.Random(4)
    with opened(database_url_of("sqlite")) as desk:
        audited = Audited(desk, f"sqlite:///{desk.store.file}")
        for _ in range(4):
            desk.answered()
        for _ in range(200):
            (table, column), value = chance.choice(columns), chance.choice(values)
            position = chance.randint(1, 8)
            with closing(open_database(audited.url)) as database:
                query = f"SELECT {column} FROM {table} WHERE position = {position}"
                with database.reading() as connection:
                    before = connection.exec_driver_sql(query).scalar()
                with database.writing() as connection:
                    connection.exec_driver_sql(
                        f"UPDATE {table} SET {column} = {value} WHERE position = {position}"
                    )
                    same = connection.exec_driver_sql(query).scalar() == before
                if same:
                    continue
                assert audited.position_found() == position, (column, value)
                assert desk.store.verify_log() == position, (column, value)
                with database.writing() as connection:
                    connection.exec_driver_sql(
                        f"UPDATE {table} SET {column} = ? WHERE position = {position}", (before,)
                    )
        assert audited.verify().end.position == 8


@contextmanager
def cut(url, length):
    """Cut the log as somebody would who knows it well: nothing is left that is not consistent."""
    with tampering(url) as execute:
        execute(f"DELETE FROM log_payloads WHERE position > {length}")
        execute(f"DELETE FROM log WHERE position > {length}")
        execute(
            f"UPDATE log_head SET position = {length},"
            f" hash = (SELECT hash FROM log WHERE position = {length})"
        )
        yield execute


def test_a_log_that_was_cut_is_found_out_by_its_checkpoints(audited):
    kept = audited.log().checkpoint()
    with cut(audited.url, 6):
        pass
    assert audited.desk.store.verify_log() is None, "the chain alone does not show it"
    assert audited.position_found() == 7
    with pytest.raises(LogBroken, match="newest checkpoint"):
        audited.log().checkpoint()
    with tampering(audited.url) as execute:
        execute("DELETE FROM checkpoints WHERE position > 6")
    assert audited.verify().end.position == 6, "nor what lies beside it"
    assert audited.position_found(kept) == 7


def test_a_log_that_was_written_anew_is_found_out_by_its_checkpoints(audited):
    kept = audited.log().checkpoint()
    with cut(audited.url, 6):
        pass
    with tampering(audited.url) as execute:
        execute("DELETE FROM checkpoints WHERE position > 6")
    audited.desk.answered()
    assert audited.verify().end.position == 8
    assert audited.position_found(kept) == 8
    receipts = ReceiptDesk(Keyring(SECRET), URL)
    assert keep_checkpoint(audited.desk.store, receipts, datetime.now(UTC)).position == 8


def test_a_server_says_that_its_log_was_cut(tmp_path):
    settings = Settings(data_dir=tmp_path, demo=True)
    asyncio.run(serve_once(settings))
    store, _ = open_store(settings)
    with closing(store):
        store.rotate_receipts(**CHANGED)
    asyncio.run(serve_once(settings))
    with cut(settings.store_url, 1):
        pass
    with capture_logs() as logged:
        asyncio.run(serve_once(settings))
    said = [line for line in logged if line["event"] == "log_broken"]
    assert {(line["log_level"], line["position"]) for line in said} == {("error", 2)}


def test_several_processes_that_keep_checkpoints_are_in_nobodys_way(audited):
    store, receipts = audited.desk.store, ReceiptDesk(Keyring(SECRET), URL)

    async def scenario():
        keeping = (asyncio.to_thread(keep_checkpoint, store, receipts, NOW) for _ in range(8))
        return await asyncio.gather(*keeping)

    assert {kept.position for kept in asyncio.run(scenario())} == {8}
    assert [position for position, _ in store.checkpoints_between(0, 99)] == [5, 8]
