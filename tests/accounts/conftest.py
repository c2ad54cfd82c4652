"""A server for each file of tests, behind a proxy that says where visitors come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.accounts.visitors import Visitors
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("accounts"), trusted_proxies="127.0.0.1") as running_server:
        yield running_server


@pytest.fixture
def visitors(server: RunningServer) -> Iterator[Visitors]:
    visitors = Visitors(server)
    yield visitors
    visitors.close()
