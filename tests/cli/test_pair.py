"""`hitl pair`: a device comes in by the server's own terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from openhitl.errors import PairingDenied
from openhitl.identity.pairing import code_hash
from openhitl.protocol.audit import ANYBODY
from openhitl.protocol.devices import DeviceKeys, NewDevice
from openhitl.protocol.people import SessionKind
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes
from openhitl.server.opening import open_store
from openhitl.settings import Settings
from openhitl.store.pairings import NewClaim
from tests.cli.test_people import folder, owned, people_of
from tests.protocol.sealed.households import device

pytestmark = pytest.mark.anyio
SHOWN = re.compile(r"enter there: ([A-Z]{4}-[A-Z]{4})")
TOKEN = token_from_bytes(Purpose.CLAIM, bytes(32))
PHONE = device("phone").listed


async def claim(alone, program, keys=None):
    """Claim the code on the screen, as a device that shows 42."""
    code = SHOWN.search(await program.says("enter there:"))[1]
    assert program.out.endswith(f"/pair?code={code}\n")
    new = NewDevice(kind=SessionKind.BROWSER, name="Al\u202eice's phone", keys=keys)
    store, keyring = open_store(Settings(data_dir=folder(alone)))
    try:
        shown = NewClaim(hash=hash_token(TOKEN), device=new, place="192.0.2.7", number=42)
        by = {"by": ANYBODY, "now": datetime.now(UTC)}
        assert store.claim_pairing(code_hash(keyring, code), shown, **by) is not None
    finally:
        store.close()


async def entered(alone):
    with people_of(alone) as accounts:
        return await accounts.pairings.enter(TOKEN)


async def test_a_device_comes_in_with_the_number_that_it_shows(alone):
    await owned(alone)
    async with alone.start("pair", stdin="41\n4 2\n") as program:
        await claim(alone, program, DeviceKeys(PHONE.box, PHONE.sign))
        done = await program.ends()
    assert done.code == 0, done.err
    assert "Al⟦U+202E⟧ice's phone (browser) wants to come in, from 192.0.2.7." in done.err
    assert f"these six words: {PHONE.fingerprint}" in done.err
    assert "not the number" in done.err
    begun = await entered(alone)
    assert begun.signed_in.person.name == "Alice"
    with people_of(alone) as accounts:
        (known,) = await accounts.devices.of(begun.signed_in.person)
    assert (known.keys.box, known.session_id) == (PHONE.box, begun.signed_in.session.session_id)


@pytest.mark.parametrize("typed", ["\n", "", "10\n11\n12\n"])
async def test_whoever_types_nothing_or_three_wrong_numbers_keeps_it_out(alone, typed):
    await owned(alone, "Bob")
    async with alone.start("pair", "bob", stdin=typed) as program:
        await claim(alone, program)
        done = await program.ends()
    assert done.code == 10
    assert "It keeps no keys" in done.err
    assert "It was kept out." in done.err
    with pytest.raises(PairingDenied):
        await entered(alone)


async def test_nobody_comes_in_as_nobody(alone):
    done = await alone.run("pair")
    assert (done.code, done.out) == (1, "")
    assert "Nobody has an account here yet." in done.err
