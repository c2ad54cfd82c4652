"""A server, somebody with a browser, and a program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oauth.world import Browser, Program
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("oauth")) as server:
        yield server


@pytest.fixture(scope="module")
def alice(server: RunningServer) -> Iterator[Browser]:
    browser = Browser(server, "Alice")
    with browser.http:
        yield browser


@pytest.fixture(scope="module")
def program(server: RunningServer) -> Program:
    return Program.registered(server)
