"""A server, somebody with a browser, and a program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.visitors import Visitors
from tests.oauth.world import Person, Program
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("oauth")) as server:
        yield server


@pytest.fixture(scope="module")
def visitors(server: RunningServer) -> Iterator[Visitors]:
    visitors = Visitors(server)
    yield visitors
    visitors.close()


@pytest.fixture(scope="module")
def alice(visitors: Visitors) -> Person:
    return Person(visitors, "Alice")


@pytest.fixture(scope="module")
def program(server: RunningServer) -> Program:
    return Program.registered(server)
