"""A server that may push, and somebody's phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.installed.phone import (
    CONTACT,
    PATIENCE_MS,
    Phone,
)
from tests.people import owned_agent, sign_in
from tests.servers import RunningServer, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("app"), push_contact=CONTACT) as running_server:
        yield running_server


@pytest.fixture
def phone(whole_chromium: Browser, server: RunningServer) -> Iterator[Phone]:
    person = sign_in(server)
    owned_agent(server, person)
    context = whole_chromium.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "hitl_session", "value": person.token, "url": server.url}])
    context.grant_permissions(["notifications"], origin=server.url)
    phone = Phone(context, server, person)
    yield phone
    context.close()
    assert phone.faults == []
