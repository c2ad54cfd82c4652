"""Logins whose access tokens end: renewed once, by one process, unseen by the caller."""

import asyncio
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from openhitl.client.config import load_config
from openhitl.client.exchange import Request
from openhitl.client.logins import Identity, Login, Logins
from openhitl.client.session import BlockingSession, Session
from openhitl.client.wires import send
from openhitl.errors import InvalidToken, LoginEnded, ServerUnreachable
from tests.client.authority import authority

pytestmark = pytest.mark.anyio

PAST = datetime(2020, 1, 1, tzinfo=UTC)
PARALLEL = 6
#: A program that asks for something with the stored login.
PROGRAM = """
from contextlib import closing
from openhitl.client.config import load_config
from openhitl.client.exchange import Request
from openhitl.client.session import BlockingSession
from openhitl.client.wires import send

config = load_config()
with closing(BlockingSession(config.credential)) as session:
    print(send(session, Request(method="GET", url=f"{config.server_url}/thing")).status)
"""


@pytest.fixture
def server():
    with authority() as server:
        server.clients["client-0"] = {}
        yield server


@pytest.fixture
def environ(server, tmp_path):
    return {"HITL_SERVER_URL": server.url, "HITL_CONFIG_DIR": str(tmp_path / "openhitl")}


@pytest.fixture
def logins(environ, tmp_path):
    return Logins(tmp_path / "openhitl")


def logged_in(server, logins, *, ends=None, **more) -> Login:
    """Store a login whose access token ends at an instant, an hour from now if not told."""
    tokens = server.tokens()
    given = {"access_token": tokens["access_token"], "refresh_token": tokens["refresh_token"]}
    login = Login(
        server_url=server.url,
        identity=Identity.AGENT,
        name="ci",
        expires_at=ends or datetime.now(UTC) + timedelta(hours=1),
        client_id="client-0",
        token_url=f"{server.url}/token",
        revocation_url=f"{server.url}/revoke",
        **(given | more),
    )
    logins.save(login)
    return login


def thing(server) -> Request:
    return Request(method="GET", url=f"{server.url}/thing")


async def test_a_good_login_lets_in_as_it_is(server, logins, environ):
    login = logged_in(server, logins)
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
    assert server.last("/thing").headers["authorization"] == f"Bearer {login.access_token}"
    assert server.count("/token") == 0


async def test_an_ended_token_is_renewed_before_it_is_used(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
        assert (await session.exchange(thing(server))).status == 200
    assert (server.count("/token"), server.count("/thing")) == (1, 2)
    assert "authorization" not in server.last("/token").headers


async def test_a_refused_token_is_renewed_once_and_the_request_repeated(server, logins, environ):
    logged_in(server, logins)
    server.end_access()
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
    assert (server.count("/token"), server.count("/thing")) == (1, 2)


async def test_a_server_that_refuses_every_token_is_asked_twice_and_believed(server, logins, environ):
    logged_in(server, logins)
    refused = (401, {"error": "invalid_token", "message": "No."})
    server.fail("/thing", refused, refused)
    async with Session(load_config(environ=environ).credential) as session:
        with pytest.raises(InvalidToken):
            await session.exchange(thing(server))
    assert (server.count("/token"), server.count("/thing")) == (1, 2)


async def test_code_that_is_not_async_renews_the_same_way(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    with closing(BlockingSession(load_config(environ=environ).credential)) as session:
        assert send(session, thing(server)).status == 200
        server.end_access()
        assert send(session, thing(server)).status == 200
    assert server.count("/token") == 2


async def test_many_requests_at_once_renew_once(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    async with Session(load_config(environ=environ).credential) as session:
        answers = await asyncio.gather(*(session.exchange(thing(server)) for _ in range(PARALLEL)))
    assert [answer.status for answer in answers] == [200] * PARALLEL
    assert server.count("/token") == 1


def test_many_processes_at_once_renew_once(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PARALLEL)
    ]
    assert [program.communicate()[0] for program in programs] == ["200\n"] * PARALLEL
    assert server.count("/token") == 1
    assert logins.find(server.url, Identity.AGENT).expires_at > datetime.now(UTC)


async def test_a_refresh_token_that_the_server_revoked_says_to_log_in_again(server, logins, environ):
    logged_in(server, logins, ends=PAST, refresh_token="revoked")
    async with Session(load_config(environ=environ).credential) as session:
        with pytest.raises(LoginEnded, match="It was revoked") as caught:
            await session.exchange(thing(server))
    assert "hitl login" in caught.value.hint
    assert server.count("/thing") == 0


async def test_a_server_that_restarts_while_a_login_is_renewed_is_waited_for(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    server.fail("/token", (503, b""))
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
    assert server.count("/token") == 2


async def test_renewing_at_a_server_that_is_away_is_an_error_of_the_network(server, logins, environ):
    logged_in(server, logins, ends=PAST, refresh_token="refresh")
    server.fail("/token", (503, b""))
    async with Session(load_config(environ=environ).credential) as session:
        with pytest.raises(ServerUnreachable):
            await session.send(thing(server))
    assert logins.find(server.url, Identity.AGENT).refresh_token == "refresh"


async def test_a_login_without_a_refresh_token_ends_with_the_servers_word(server, logins, environ):
    logged_in(server, logins, ends=PAST, refresh_token=None)
    server.end_access()
    async with Session(load_config(environ=environ).credential) as session:
        with pytest.raises(InvalidToken):
            await session.exchange(thing(server))
    assert server.count("/token") == 0


async def test_who_logs_out_ends_it_for_programs_that_still_run(server, logins, environ):
    logged_in(server, logins)
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
        logins.forget(server.url, Identity.AGENT)
        server.end_access()
        with pytest.raises(LoginEnded, match="logged out"):
            await session.exchange(thing(server))


async def test_a_server_without_new_refresh_tokens_keeps_the_old_one(server, logins, environ):
    logged_in(server, logins, ends=PAST, refresh_token="lasting")
    server.good.add("second")
    server.fail("/token", (200, {"access_token": "second", "token_type": "bearer", "expires_in": 60}))
    async with Session(load_config(environ=environ).credential) as session:
        assert (await session.exchange(thing(server))).status == 200
    assert logins.find(server.url, Identity.AGENT).refresh_token == "lasting"


async def test_no_other_origin_gets_or_renews_the_login(server, logins, environ):
    logged_in(server, logins, ends=PAST)
    with authority() as other:
        async with Session(load_config(environ=environ).credential) as session:
            assert (await session.send(thing(other))).status == 401
        assert "authorization" not in other.last("/thing").headers
    assert server.asked == []
