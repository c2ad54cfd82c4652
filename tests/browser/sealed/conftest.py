"""Two browsers of one person, as two devices, against the real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.encrypting import BrowserDevice, SealingAgent
from tests.browser.sealed.house import House
from tests.people import owned_agent, sign_in
from tests.servers import running


@pytest.fixture(scope="module")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two browsers of one person are two devices; the agent knows both."""
    with running(tmp_path_factory.mktemp("sealed")) as server:
        sessions = [sign_in(server, "Ana"), sign_in(server, "Ana")]
        agent = SealingAgent(server, owned_agent(server, sessions[0]))
        agent.register()
        sizes = [{"width": 390, "height": 844}, {"width": 1280, "height": 800}]
        contexts = [chromium.new_context(viewport=size, locale="en-GB") for size in sizes]
        devices = []
        for context, session in zip(contexts, sessions, strict=True):
            device = BrowserDevice.made(context, server, session)
            device.become_device(session)
            devices.append(device)
        phone, laptop = devices
        yield House(agent, sessions[0].person.actor_id, phone, laptop)
        for context in contexts:
            context.close()


@pytest.fixture(autouse=True)
def no_faults(house: House) -> Iterator[None]:
    yield
    assert house.phone.faults + house.laptop.faults == []
