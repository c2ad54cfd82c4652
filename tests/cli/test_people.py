"""`hitl serve` on its first start, and what `hitl admin` does for people."""

import asyncio
import json
import re
import sqlite3
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pyotp
import pytest

from openhitl.errors import InvalidToken, NotSignedIn
from openhitl.identity import Accounts
from openhitl.identity.signing_in import Visit
from openhitl.protocol.people import Role, SessionKind
from openhitl.server.opening import open_store
from openhitl.server.people_admin import roster
from openhitl.settings import Settings
from tests.cli.screens import on_screen
from tests.servers import token_of

pytestmark = pytest.mark.anyio

OWNER_LINK = re.compile(r"^  (http\S+/join\?token=hitlj_\S+)$", re.MULTILINE)
HITL = Path(sys.executable).with_name("hitl")
PASSWORD = "correct horse battery staple"
TERMINAL = Visit(kind=SessionKind.TERMINAL, device="laptop")


def folder(alone):
    return alone.home / ".local" / "share" / "openhitl"


@contextmanager
def people_of(alone):
    """The people of the data folder that these programs use, as the server sees them."""
    store, keyring = open_store(Settings(data_dir=folder(alone)))
    try:
        yield Accounts(
            store,
            keyring,
            "http://localhost:4485",
            run=asyncio.to_thread,
            clock=lambda: datetime.now(UTC),
            on_join=lambda: None,
        )
    finally:
        store.close()


async def join(alone, link, name):
    with people_of(alone) as accounts:
        return (await accounts.sign_in.join(token_of(link), name, TERMINAL, password=PASSWORD)).token


async def admin(alone, *arguments):
    """Run a command that has to work, and return its output without the line's end."""
    done = await alone.run("admin", *arguments)
    assert done.code == 0, done.err
    return done.out.removesuffix("\n")


async def owned(alone, *members):
    """Make an owner, Alice, and members, each with their link."""
    with roster(Settings(data_dir=folder(alone))) as people:
        await join(alone, people.first_owner_link(), "Alice")
        for name in members:
            await join(alone, people.invite(Role.MEMBER), name)


async def listed(alone):
    return {one["name"]: one for one in json.loads(await admin(alone, "people", "--json"))}


async def test_the_first_start_prints_a_link_for_the_owner_until_there_is_one(alone):
    async with alone.start("serve", "--port", "0") as server:
        said = await server.says("hitl admin owner-link")
        url = said.split("listens on ")[1].split()[0]
        [link] = OWNER_LINK.findall(said)
        assert link.startswith(f"{url}/join?token=hitlj_")
        assert "within an hour" in said
        again = await admin(alone, "owner-link")
        assert again.startswith(f"{url}/join?token=hitlj_"), "where the running server is"
        await join(alone, again, "Alice")
        with pytest.raises(InvalidToken):
            await join(alone, link, "Eve")
        server.interrupt()
        assert (await server.ends()).out == ""
    async with alone.start("serve", "--port", "0") as server:
        await server.says("listens on")
        server.interrupt()
        assert OWNER_LINK.findall((await server.ends()).err) == []
    assert list(await listed(alone)) == ["Alice"]


async def test_a_second_server_of_a_folder_prints_no_link(alone):
    async with alone.start("serve", "--port", "0") as first:
        await first.says("hitl admin owner-link")
        async with alone.start("serve", "--port", "0") as second:
            await second.says("Another server of this data folder runs too.")
            second.interrupt()
            assert "/join?" not in (await second.ends()).err


@pytest.mark.parametrize(
    ("base_url", "drawn", "said"),
    [
        ("https://hitl.example.org", True, "https://hitl.example.org/join?token="),
        ("http://localhost:4485", False, "ssh -L 4485:localhost:4485"),
    ],
)
async def test_on_a_screen_an_https_link_is_drawn_as_a_qr_code(alone, base_url, drawn, said):
    environment = {"HOME": str(alone.home), "HITL_BASE_URL": base_url, "TERM": "xterm"}
    screen = await asyncio.to_thread(on_screen, [str(HITL), "admin", "owner-link"], environment)
    assert screen.code == 0
    assert screen.out.startswith(f"{base_url}/join?token=hitlj_")
    assert ("█" in screen.err) is drawn
    assert said in screen.out + screen.err


async def test_an_embedded_server_prints_no_link(alone):
    async with alone.start("request", "--prompt", "Go?", "--type", "approval") as running:
        assert "/join?" not in await running.says("/review/")
        running.interrupt()
        assert "/join?" not in (await running.ends()).err


async def test_once_somebody_has_joined_there_is_no_link_for_a_first_owner(alone):
    await owned(alone)
    refused = await alone.run("admin", "owner-link")
    assert (refused.code, refused.out) == (1, "")
    assert "Somebody has an account here already." in refused.err
    assert "hint: `hitl admin login-link`" in refused.err


async def test_before_the_first_owner_there_is_nobody_to_invite_or_sign_in(alone):
    for arguments in (["invite"], ["login-link"]):
        refused = await alone.run("admin", *arguments)
        assert (refused.code, refused.out) == (1, "")
        assert "hint: `hitl admin owner-link`" in refused.err
    nobody = await alone.run("admin", "people")
    assert (nobody.code, nobody.out) == (0, "")
    assert "Nobody has an account yet." in nobody.err


async def test_the_only_owner_needs_no_name_for_a_link_to_sign_in(alone):
    await owned(alone, "Bob")
    link = await admin(alone, "login-link")
    with people_of(alone) as accounts:
        begun = await accounts.sign_in.by_link(token_of(link), TERMINAL)
        assert begun.signed_in.person.name == "Alice"
        with pytest.raises(InvalidToken):
            await accounts.sign_in.by_link(token_of(link), TERMINAL)
    await admin(alone, "role", "bob", "owner")
    refused = await alone.run("admin", "login-link")
    assert (refused.code, refused.out) == (1, "")
    assert "There are 2 owners." in refused.err
    assert "Alice, Bob" in refused.err
    link = await admin(alone, "login-link", "BOB")
    with people_of(alone) as accounts:
        assert (await accounts.sign_in.by_link(token_of(link), TERMINAL)).signed_in.person.name == "Bob"


async def test_people_are_listed_for_humans_and_for_programs(alone):
    await owned(alone, "Bob")
    bob = (await listed(alone))["Bob"]
    assert (bob["id"], bob["role"], bob["password"], bob["totp"]) == (2, "member", True, False)
    assert bob["disabled_at"] is None
    lines = (await admin(alone, "people")).splitlines()
    assert lines[0].startswith("1  Alice  owner  since ")
    assert lines[1] == f"2  Bob  member  since {bob['created_at']}"


async def test_a_running_server_locks_out_at_once_who_is_disabled_or_signed_out(alone):
    async with alone.start("serve", "--port", "0") as server:
        url = (await server.says("listens on")).split("listens on ")[1].split()[0]
        await owned(alone)
        token = await join(alone, await admin(alone, "invite", "--role", "owner"), "Bob")
        with people_of(alone) as accounts:

            async def is_in(token=token):
                return await accounts.sessions.find(SessionKind.TERMINAL, token) is not None

            assert await is_in()
            await admin(alone, "disable", "Bob")
            assert not await is_in()
            refused = await alone.run("admin", "login-link", "Bob")
            assert (refused.code, refused.out) == (1, "")
            assert 'hint: `hitl admin enable "Bob"`' in refused.err
            with pytest.raises(NotSignedIn):
                await accounts.sign_in.by_password("Bob", PASSWORD, TERMINAL)
            await admin(alone, "enable", "Bob")
            assert not await is_in(), "what was ended stays so"
            again = (await accounts.sign_in.by_password("Bob", PASSWORD, TERMINAL)).token
            assert await is_in(again)
            ended = await alone.run("admin", "end-sessions", "Bob")
            assert (ended.out, ended.err) == ("", "Bob is signed out of 1 place.\n")
            assert not await is_in(again)
            assert (await listed(alone))["Bob"]["disabled_at"] is None
        assert httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200


async def test_the_last_owner_stays_one(alone):
    await owned(alone, "Bob")
    for arguments in (["disable", "Alice"], ["role", "Alice", "member"]):
        refused = await alone.run("admin", *arguments)
        assert (refused.code, refused.out) == (1, "")
        assert "Somebody has to stay the owner of this server." in refused.err
    assert (await listed(alone))["Alice"]["role"] == "owner"


async def test_whoever_lost_an_app_or_a_password_gets_in_again(alone):
    await owned(alone)
    with people_of(alone) as accounts:
        begun = await accounts.sign_in.by_password("Alice", PASSWORD, TERMINAL)
        draft = accounts.draw_totp(begun.signed_in)
        await accounts.set_totp(begun.signed_in, draft, pyotp.TOTP(draft.secret).now())
        assert (await listed(alone))["Alice"]["totp"]
        with pytest.raises(NotSignedIn, match="code"):
            await accounts.sign_in.by_password("Alice", PASSWORD, TERMINAL)
        await admin(alone, "reset-totp", "alice")
        begun = await accounts.sign_in.by_password("Alice", PASSWORD, TERMINAL)
        await admin(alone, "reset-password", "alice")
        with pytest.raises(NotSignedIn):
            await accounts.sign_in.by_password("Alice", PASSWORD, TERMINAL)
        await accounts.set_password(begun.signed_in, "", "another long password")
        assert await accounts.sign_in.by_password("Alice", "another long password", TERMINAL)


async def test_nobody_of_that_name_is_said_so(alone):
    refused = await alone.run("admin", "disable", "Zoë")
    assert (refused.code, refused.out) == (1, "")
    assert "There is nobody called 'Zoë' here." in refused.err
    assert "hint: `hitl admin people` lists them." in refused.err


async def test_what_the_operator_does_is_in_the_log(alone):
    await owned(alone, "Bob")
    for arguments in (["disable", "Bob"], ["enable", "Bob"], ["role", "Bob", "owner"], ["login-link", "Bob"]):
        await admin(alone, *arguments)
    query = (
        "SELECT kind, payload FROM log JOIN log_payloads USING (position)"
        " WHERE actor_kind = 'operator' AND kind IN ('link.made', 'person.changed') ORDER BY position"
    )
    with closing(sqlite3.connect(folder(alone) / "openhitl.db")) as database:
        told = [(kind, json.loads(payload)["data"]) for kind, payload in database.execute(query)]
    assert told == [
        ("link.made", {"kind": "join", "role": "owner", "person": None}),
        ("link.made", {"kind": "join", "role": "member", "person": None}),
        ("person.changed", {"person": 2, "what": "disabled", "disabled": True}),
        ("person.changed", {"person": 2, "what": "disabled", "disabled": False}),
        ("person.changed", {"person": 2, "what": "role", "role": "owner"}),
        ("link.made", {"kind": "sign_in", "role": None, "person": 2}),
    ]
    with people_of(alone) as accounts:
        assert accounts._store.verify_log() is None
