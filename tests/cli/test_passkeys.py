"""`hitl admin passkey-link` and `hitl admin passkeys`."""

import json
import re
from html import unescape

import httpx2
import pytest

from tests.evidence.authenticator import Authenticator

pytestmark = pytest.mark.anyio


async def register(alone, url: str, name: str) -> None:
    """Have somebody register a passkey at the link that the command prints."""
    link = await alone.run("admin", "passkey-link", name)
    assert link.code == 0, link.err
    assert link.out.startswith(f"{url}/passkey?token=hitlk_"), "alone on stdout, where the server is"
    assert f"answers as {name}" in link.err
    device = Authenticator(origin=url, rp_id="localhost")
    with httpx2.Client(trust_env=False) as browser:
        page = browser.get(link.out.strip())
        options = json.loads(unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))
        done = browser.post(link.out.strip(), json={"credential": device.register(options)})
    assert done.status_code == 201, done.text


async def test_passkeys_are_registered_listed_and_revoked(alone):
    none = await alone.run("admin", "passkeys")
    assert (none.code, none.out) == (0, "")
    assert "hitl admin passkey-link NAME" in none.err
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        await register(alone, url, "Alice")
        await register(alone, url, "Bob")
        listed = json.loads((await alone.run("admin", "passkeys", "--json")).out)
        told = [
            (one["id"], one["name"], one["host"], one["last_used_at"], one["revoked_at"]) for one in listed
        ]
        assert told == [(1, "Alice", "localhost", None, None), (2, "Bob", "localhost", None, None)]
        revoked = await alone.run("admin", "passkeys", "--revoke", "1")
        assert (revoked.code, revoked.out) == (0, "")
        lines = (await alone.run("admin", "passkeys")).out.splitlines()
        assert lines[0].startswith("1  Alice  localhost  never used  revoked ")
        assert lines[1] == "2  Bob  localhost  never used  good"
        again = await alone.run("admin", "passkeys", "--revoke", "1")
        assert again.code == 1
        assert "There is no passkey 1 that could be revoked." in again.err


@pytest.mark.parametrize("name", ["", " ", "a\x07b", "x" * 101])
async def test_a_name_is_one_that_can_be_shown(alone, name):
    refused = await alone.run("admin", "passkey-link", name)
    assert (refused.code, refused.out) == (1, "")
    assert "can be seen" in refused.err
