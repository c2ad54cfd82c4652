"""Links for passkeys, made by a program for its people, and how long they hold."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from openhitl.errors import InvalidToken
from openhitl.identity import PasskeyDesk
from openhitl.identity.passkeys import LINK_LIFE
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.passkeys import PasskeyHolder
from tests.evidence.authenticator import Authenticator
from tests.store.desk import NOW, opened

PUBLIC_URL = "https://shop.example/human"


ALICE = PasskeyHolder("Alice")


@pytest.fixture
def made(tmp_path: Any) -> Any:
    """A desk on a store, and the store's desk whose clock the test moves."""

    async def run(method: Any, *args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    with opened(f"sqlite:///{tmp_path}/passkeys.db") as scribe:
        yield PasskeyDesk(scribe.store, PUBLIC_URL, run=run, clock=lambda: scribe.now), scribe


def test_a_program_invites_its_people(made):
    desk, scribe = made
    link = asyncio.run(desk.link(ALICE, OPERATOR))
    address, token = link.split("?token=")
    assert address == f"{PUBLIC_URL}/passkey"
    assert asyncio.run(desk.holder(token)) == ALICE
    device = Authenticator(origin="https://shop.example", rp_id="shop.example")
    assert asyncio.run(desk.register(token, device.register(desk.options(token, "Alice")))) == ALICE
    [passkey] = scribe.store.list_passkeys()
    assert (passkey.name, passkey.rp_id, passkey.created_at) == ("Alice", "shop.example", NOW)


def test_a_link_is_good_for_a_quarter_of_an_hour(made):
    desk, scribe = made
    assert timedelta(minutes=15) == LINK_LIFE
    token = asyncio.run(desk.link(ALICE, OPERATOR)).partition("token=")[2]
    options = desk.options(token, "Alice")
    credential = Authenticator(origin="https://shop.example", rp_id="shop.example").register(options)
    scribe.now += LINK_LIFE
    with pytest.raises(InvalidToken):
        asyncio.run(desk.holder(token))
    with pytest.raises(InvalidToken):
        asyncio.run(desk.register(token, credential))


def test_every_link_has_a_challenge_of_its_own(made):
    desk, _ = made
    tokens = [asyncio.run(desk.link(ALICE, OPERATOR)).partition("token=")[2] for _ in range(2)]
    assert len({desk.options(token, "Alice")["challenge"] for token in tokens}) == 2
