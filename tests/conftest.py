"""Fixtures for the whole suite."""

import os
import signal
import tempfile
import uuid
from pathlib import Path

import pytest

from tests.databases import (
    database_url,
    database_url_of,
    postgres_server,
    postgres_template,
    sqlite_template,
)

__all__ = ["database_url", "database_url_of", "postgres_server", "postgres_template", "sqlite_template"]


NO_KEYRING = "keyring.backends.fail.Keyring"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio."""
    return "asyncio"


def pytest_configure() -> None:
    """Forget the settings of whoever runs the tests: they may name a database that matters."""
    for name in [name for name in os.environ if name.startswith("HITL_")]:
        del os.environ[name]
    # Nor may the logins of that person let the tests in anywhere.
    os.environ["HITL_CONFIG_DIR"] = str(Path(tempfile.gettempdir()) / f"openhitl-tests-{uuid.uuid4()}")
    os.environ["PYTHON_KEYRING_BACKEND"] = NO_KEYRING
    # A run in the background ignores Ctrl-C, and so would every program that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
