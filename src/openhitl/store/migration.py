"""Brings a database up to the newest schema, and says whose it is."""

from __future__ import annotations

import secrets

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select

from openhitl.errors import SchemaTooNew, WrongSecret
from openhitl.keyring import Keyring
from openhitl.store.engine import POSTGRESQL, Database
from openhitl.store.instants import now_ms
from openhitl.store.schema import installation

#: PostgreSQL's advisory lock for processes that start together.
_LOCK = 0x6869_746C


def migrate(database: Database) -> None:
    """Bring the schema up to date, in one transaction; does nothing if it is.

    Processes that start together wait for each other. Raises: SchemaTooNew, StoreError.
    """
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    with database.writing() as connection:
        _wait_in_line(database, connection)
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision == scripts.get_current_head():
            return
        if revision is not None:
            _check_known(revision, scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _wait_in_line(database: Database, connection: Connection) -> None:
    """Wait for whoever starts at the same time; a transaction that writes to SQLite has done so already."""
    if database.kind == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def look_at(database: Database, keyring: Keyring) -> bool:
    """Check that this version and this root secret can open a database; change nothing.

    Returns: False if it is empty or will be migrated when it is opened.
    Raises: SchemaTooNew, WrongSecret, StoreError.
    """
    scripts = ScriptDirectory.from_config(_config())
    with database.reading() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        if revision is None:
            return False
        _check_known(revision, scripts)
        fingerprint = connection.execute(select(installation.c.secret_fingerprint)).scalar()
    if fingerprint is not None and not secrets.compare_digest(fingerprint, keyring.fingerprint):
        raise WrongSecret
    return revision == scripts.get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "openhitl.store:migrations")
    return config


def _check_known(revision: str, scripts: ScriptDirectory) -> None:
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SchemaTooNew(f"The database's schema is {revision}, which this version does not know.")


def claim(database: Database, keyring: Keyring) -> str:
    """Bind a new database to this root secret, or check that it is bound to it; return its id.

    Raises: WrongSecret, StoreError.
    """
    with database.writing() as connection:
        _wait_in_line(database, connection)
        row = connection.execute(select(installation)).one_or_none()
        if row is None:
            return _bind(connection, keyring)
        if not secrets.compare_digest(row.secret_fingerprint, keyring.fingerprint):
            raise WrongSecret
        return str(row.instance_id)


def _bind(connection: Connection, keyring: Keyring) -> str:
    instance_id = secrets.token_hex(8)
    connection.execute(
        insert(installation).values(
            id=1, instance_id=instance_id, secret_fingerprint=keyring.fingerprint, created_at=now_ms()
        )
    )
    return instance_id
