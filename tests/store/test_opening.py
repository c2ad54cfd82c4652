"""Opening a database: made, migrated, recognised, refused."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url

from openhitl.errors import SchemaTooNew, SetupError, WrongSecret
from openhitl.keyring import Keyring
from openhitl.store import Store
from openhitl.store.engine import LOST, open_database, use_wal
from openhitl.store.migration import claim, migrate
from openhitl.store.schema import metadata
from tests.databases import KINDS
from tests.store.desk import CHANGED, SECRET, WAIT_SECONDS, opened


@pytest.fixture(params=KINDS)
def empty_url(request, tmp_path):
    """The address of a database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a folder with spaces' / 'empty.db'}"
    return request.getfixturevalue("empty_postgres")


@pytest.fixture
def empty_postgres(database_url_of):
    url = database_url_of("postgresql")
    database = open_database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    database.close()
    return url


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "a folder with spaces").mkdir()


def test_an_empty_database_is_made_ready(empty_url):
    with opened(empty_url) as desk:
        assert desk.ask()
        assert desk.store.head() == 1


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_make_what_the_schema_says(empty_url):
    database = open_database(empty_url)
    migrate(database)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_processes_that_start_together_agree(empty_url):
    def open_and_ask(_):
        with opened(empty_url) as desk:
            desk.ask()
            return desk.store.instance_id

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(open_and_ask, range(6)))) == 1


def test_of_those_who_claim_a_new_database_at_once_one_names_it(empty_url):
    databases = [open_database(empty_url) for _ in range(8)]
    migrate(databases[0])
    together = threading.Barrier(len(databases))

    def claim_it(database):
        with database.writing():
            pass  # connected before the start
        together.wait(WAIT_SECONDS)
        return claim(database, Keyring(SECRET))

    with ThreadPoolExecutor(len(databases)) as threads:
        assert len(set(threads.map(claim_it, databases))) == 1
    for database in databases:
        database.close()


def test_a_file_that_somebody_writes_to_in_another_mode_is_waited_for(tmp_path):
    """SQLite refuses to change the mode at once, whatever the busy timeout."""
    path, refused = tmp_path / "openhitl.db", threading.Event()

    class Watched(sqlite3.Connection):
        def execute(self, *args):
            try:
                return super().execute(*args)
            except sqlite3.OperationalError:
                refused.set()
                raise

    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as threads:
        other.execute("CREATE TABLE theirs (a)")
        other.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(path, factory=Watched, check_same_thread=False)) as ours:
            done = threads.submit(use_wal, ours)
            assert refused.wait(WAIT_SECONDS)
            other.execute("COMMIT")
            done.result(WAIT_SECONDS)
            assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_installation_keeps_its_name_and_its_cases(database_url):
    with opened(database_url) as desk:
        instance, case_id = desk.store.instance_id, desk.ask()
    with opened(database_url) as desk:
        assert desk.store.instance_id == instance
        assert desk.store.load(case_id)
        assert desk.ask()


def test_a_wrong_root_secret_is_refused(database_url):
    Store.open(database_url, Keyring(SECRET)).close()
    with pytest.raises(WrongSecret):
        Store.open(database_url, Keyring(bytes(32)))


def test_a_newer_schema_is_refused_and_left_alone(database_url):
    Store.open(database_url, Keyring(SECRET)).close()
    database = open_database(database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew):
        Store.open(database_url, Keyring(SECRET))
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == "9999"
    database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////no/such/folder/x.db",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url):
    with pytest.raises(SetupError):
        Store.open(url, Keyring(SECRET))


def test_the_other_spelling_of_postgresql_is_taken(database_url_of):
    url = database_url_of("postgresql").replace("postgresql://", "postgres://")
    with opened(url) as desk:
        assert desk.ask()


def test_a_sqlite_file_is_its_owners_alone(database_url_of, tmp_path):
    with opened(database_url_of("sqlite")) as desk:
        desk.ask()
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.db*")}
    assert modes == {".db": 0o600, ".db-wal": 0o600, ".db-shm": 0o600}


def test_sqlite_commits_reach_the_disk(database_url_of):
    database = open_database(database_url_of("sqlite"))
    with database.writing() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    assert modes == ["wal", 2]
    database.close()


def test_postgresql_commits_reach_the_disk_whatever_its_default(database_url_of):
    url = database_url_of("postgresql")
    database = open_database(url)
    with database.write.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.commit()
    database.close()
    database = open_database(url)
    with database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    database.close()


@pytest.mark.parametrize("given", ["", "tcp_user_timeout=1000&keepalives_idle=99"])
def test_a_postgresql_that_is_silently_gone_is_given_up_in_time(database_url_of, given):
    """What the kernel does about it needs a network to be cut; here is that it is told to."""
    url = make_url(database_url_of("postgresql")).update_query_string(given)
    with closing(open_database(url.render_as_string(hide_password=False))) as database:
        for engine in (database.read, database.write):
            with closing(engine.raw_connection()) as lent:
                told = lent.driver_connection.info.get_parameters()
                assert {name: told[name] for name in LOST} == {
                    **{name: str(value) for name, value in LOST.items()},
                    **dict(pair.split("=") for pair in given.split("&") if pair),
                }


#: What another process does: look at a file, say how many agents there are, and go.
VISIT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM agents").fetchone()[0])
connection.close()
"""


def visited(file):
    found = subprocess.run([sys.executable, "-c", VISIT, file], check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_what_is_written_stays_when_one_process_opens_a_file_twice_and_another_comes_and_goes(tmp_path):
    file = tmp_path / "hitl.db"
    with opened(f"sqlite:///{file}") as first, opened(f"sqlite:///{file}"):
        first.store.add_agent("one", **CHANGED)
        assert visited(file) == 1
        first.store.add_agent("two", **CHANGED)
        assert visited(file) == 2


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(SetupError, match="is no file that can be written"):
        Store.open(f"sqlite:///{tmp_path}", Keyring(SECRET))
