"""Servers on both databases, one for each file of tests, and the people who are asked there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from openhitl.protocol.people import Role
from tests.databases import KINDS, TEMPLATE, administer
from tests.inbox.house import House
from tests.people import owned_agent, sign_in
from tests.servers import running

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module", params=KINDS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server whose agent belongs to Ana; Bo is a member and is asked nothing."""
    settings = {}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_template")
        name = f"inbox_{next(_NUMBERS)}"
        administer(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        settings = {"database_url": address(name), "secret_key": "d0" * 32}
    with running(tmp_path_factory.mktemp("inbox"), **settings) as server:
        ana, bo = sign_in(server, "Ana"), sign_in(server, "Bo", role=Role.MEMBER)
        owned_agent(server, ana)
        yield House(server, ana, bo)
