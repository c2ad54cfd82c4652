"""One server for each database, shared by the door's tests: every test asks questions of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.databases import KINDS, TEMPLATE, administer
from tests.servers import RunningServer, running

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", params=KINDS)
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    """A server on SQLite, then one on PostgreSQL."""
    settings = {}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_template")
        name = f"door_{next(_NUMBERS)}"
        administer(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        settings = {"database_url": address(name), "secret_key": "d0" * 32}
    with running(tmp_path_factory.mktemp("door"), **settings) as running_server:
        yield running_server
