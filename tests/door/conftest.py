"""One server for each database, shared by the door's tests: every test asks questions of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import KINDS, TEMPLATE, administer
from tests.servers import RunningServer, running


@pytest.fixture(scope="session", params=KINDS)
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    """A server on SQLite, then one on PostgreSQL."""
    settings = {}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_template")
        administer(address, f"CREATE DATABASE door TEMPLATE {TEMPLATE}")
        settings = {"database_url": address("door"), "secret_key": "d0" * 32}
    with running(tmp_path_factory.mktemp("door"), **settings) as running_server:
        yield running_server
