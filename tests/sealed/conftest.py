"""A server on each database, with Ana, her devices, and an agent of hers; the keys of whoever encrypts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from openhitl.protocol.people import Role, SessionKind
from tests.databases import KINDS, TEMPLATE, administer
from tests.people import SignedInClient, owned_agent, sign_in
from tests.sealed.devices import Household
from tests.servers import RunningServer, running

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module", params=KINDS)
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_template")
        name = f"sealed_{next(_NUMBERS)}"
        administer(address, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        settings = {"database_url": address(name), "secret_key": "d0" * 32}
    with running(tmp_path_factory.mktemp("sealed"), **settings) as server:
        yield server


@pytest.fixture(scope="module")
def bo(server: RunningServer) -> SignedInClient:
    """Somebody else, without a device."""
    return sign_in(server, "Bo", Role.MEMBER, kind=SessionKind.TERMINAL)


@pytest.fixture(scope="module")
def ana(server: RunningServer) -> Household:
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    household.add("laptop")
    return household
