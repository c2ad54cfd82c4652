"""`hitl login` and `hitl logout` against a scripted authorization server: what goes where, and what stays."""

import asyncio
import re
from pathlib import Path

import httpx2
import pytest

from openhitl.client.device_keys import DeviceKeys
from openhitl.client.logins import Identity, Login, Logins
from tests.cli.programs import Programs
from tests.client.authority import METADATA_PATH, authority

pytestmark = pytest.mark.anyio


@pytest.fixture
def server():
    with authority() as server:
        yield server


@pytest.fixture
def laptop(server, tmp_path) -> Programs:
    """The programs of somebody who knows a server and has no key."""
    return Programs(tmp_path, {"HITL_SERVER_URL": server.url})


@pytest.fixture
def logins(tmp_path) -> Logins:
    return Logins(tmp_path / ".config" / "openhitl")


def address_in(text: str) -> str:
    """Find where a program sends a browser."""
    return re.search(r"http://\S+/authorize\?\S+", text).group()


def spoil(path: str) -> None:
    Path(path).write_text("{")


async def visit(url: str, language: str = "en") -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return await browser.get(url, headers={"Accept-Language": language})


async def log_in(server, programs, *arguments: str, program: str = "hitl", **environment: str):
    """Log in to the end with a human who says yes."""
    async with programs.start("login", *arguments, program=program, **environment) as running:
        said = await running.says("/authorize?")
        page = await visit(server.consent(address_in(said)))
        assert page.status_code == 200
        return await running.ends()


async def test_who_says_yes_is_logged_in(server, laptop, logins):
    done = await log_in(server, laptop, "--name", "My Workstation")
    assert (done.code, done.out) == (0, "")
    assert f"Logged in at {server.url} as agent My Workstation." in done.err
    login = logins.find(server.url, Identity.AGENT)
    assert (login.name, login.client_id) == ("My Workstation", "client-0")
    assert {login.access_token} == server.good


async def test_the_program_registers_as_a_native_one_and_names_the_agent_at_the_exchange(server, laptop):
    await log_in(server, laptop, "--name", "Bücherwurm")
    registered = server.last("/register").form
    assert registered["application_type"] == "native"
    assert registered["token_endpoint_auth_method"] == "none"
    assert registered["redirect_uris"] == ["http://127.0.0.1/callback"]
    exchange = server.last("/token")
    assert exchange.headers["x-mcp-agent-name"] == "B%C3%BCcherwurm"
    assert exchange.form["resource"] == server.url  # RFC 8707 §2.2
    assert "client_secret" not in exchange.form


async def test_the_authorization_request_has_what_oauth_asks_for(server, laptop):
    async with laptop.start("login") as running:
        query = httpx2.URL(address_in(await running.says("/authorize?"))).params
        assert query["response_type"] == "code"
        assert query["scope"] == "ask read"
        assert query["resource"] == server.url
        assert (query["code_challenge_method"], len(query["code_challenge"])) == ("S256", 43)
        assert len(query["state"]) >= 43
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", query["redirect_uri"])


async def test_logged_in_programs_need_no_server_or_key_to_be_named(server, laptop, tmp_path):
    await log_in(server, laptop)
    settings = await Programs(tmp_path, {}).run("config")
    assert f"HITL_SERVER_URL={server.url}" in settings.out
    assert re.search(
        r"HITL_API_KEY=\*{8} +# login of hitl on \S+, in \S+/agent-http-localhost-\d+\.json", settings.out
    )
    assert not any(token in settings.out + settings.err for token in server.good)


async def test_a_key_in_the_environment_wins_and_says_so(server, laptop):
    done = await log_in(server, laptop, HITL_API_KEY="hitla_key")
    assert "HITL_API_KEY is set and wins over this login" in done.err
    settings = await laptop.run("config", HITL_API_KEY="hitla_key")
    assert re.search(r"HITL_API_KEY=\*{8} +# HITL_API_KEY", settings.out)


async def test_the_client_that_was_registered_is_used_again(server, laptop):
    await log_in(server, laptop)
    await log_in(server, laptop)
    assert server.count("/register") == 1


async def test_a_client_that_the_server_has_forgotten_is_registered_again(server, laptop, logins):
    await log_in(server, laptop)
    server.clients.clear()
    server.clients["somebody-else"] = {}
    await log_in(server, laptop)
    assert server.count("/register") == 2
    assert logins.find(server.url, Identity.AGENT).client_id == "client-1"


async def test_a_second_login_ends_the_first(server, laptop, logins):
    await log_in(server, laptop, "--name", "first")
    first = logins.find(server.url, Identity.AGENT)
    await log_in(server, laptop, "--name", "second")
    assert server.last("/revoke").form["token"] == first.refresh_token
    assert logins.find(server.url, Identity.AGENT).name == "second"


async def test_a_stored_login_that_cannot_be_read_does_not_keep_anybody_from_a_new_one(
    server, laptop, logins
):
    await log_in(server, laptop)
    spoil(logins.where(server.url, Identity.AGENT))
    assert "hitl login" in (await laptop.run("list")).err
    assert (await log_in(server, laptop)).code == 0


@pytest.mark.parametrize(("language", "words"), [("en", "close this page"), ("de-DE", "Seite schließen")])
async def test_the_page_of_this_machine_speaks_the_humans_language(server, laptop, language, words):
    async with laptop.start("login") as running:
        page = await visit(server.consent(address_in(await running.says("/authorize?"))), language)
        await running.ends()
    assert words in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_an_answer_without_the_state_is_not_heard(server, laptop, logins):
    """RFC 6749 §10.12: any page can send a browser to this machine."""
    async with laptop.start("login") as running:
        address = address_in(await running.says("/authorize?"))
        for forged in ({"state": "x" * 43}, {"state": None}):
            assert (await visit(server.consent(address, **forged))).status_code == 400
        redirect = httpx2.URL(address).params["redirect_uri"]
        assert (await visit(f"{redirect}?error=access_denied")).status_code == 400
        assert (await visit(redirect.replace("/callback", "/favicon.ico"))).status_code == 404
        assert logins.find(server.url, Identity.AGENT) is None
        await visit(server.consent(address))
        assert (await running.ends()).code == 0


@pytest.mark.parametrize("issuer", ["https://evil.example.com", None])
async def test_an_answer_of_another_server_is_refused(server, laptop, logins, issuer):
    """RFC 9207 §2.4: mix-up."""
    async with laptop.start("login") as running:
        await visit(server.consent(address_in(await running.says("/authorize?")), iss=issuer))
        done = await running.ends()
    assert (done.code, done.out) == (1, "")
    assert "another server" in done.err
    assert server.count("/token") == 0
    assert logins.find(server.url, Identity.AGENT) is None


async def test_a_server_that_never_names_itself_in_answers_need_not(server, laptop):
    server.names_issuer = False
    assert (await log_in(server, laptop)).code == 0


async def test_who_says_no_is_not_logged_in(server, laptop):
    async with laptop.start("login") as running:
        address = address_in(await running.says("/authorize?"))
        await visit(server.consent(address, code=None, error="access_denied"))
        done = await running.ends()
    assert (done.code, done.err.splitlines()[-1]) == (1, "error: You said no.")


async def test_what_a_server_says_cannot_move_the_cursor(server, laptop):
    async with laptop.start("login") as running:
        address = address_in(await running.says("/authorize?"))
        await visit(server.consent(address, error="x", error_description="no\x1b[2J"))
        done = await running.ends()
    assert "\x1b" not in done.err
    assert "no⟦U+001B⟧[2J" in done.err


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"issuer": "https://evil.example.com"}, "calls itself https://evil.example.com"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"code_challenge_methods_supported": None}, "PKCE"),
        ({"token_endpoint": "https://evil.example.com/token"}, "where to log in"),
        ({"authorization_endpoint": "https://evil.example.com/a"}, "where to log in"),
        ({"registration_endpoint": None}, "where to log in"),
    ],
)
async def test_a_server_that_is_not_what_it_was_called_gets_nothing(server, laptop, told, words):
    """RFC 8414 §3.3; credentials stay with the origin that was called."""
    server.metadata |= told
    done = await laptop.run("login")
    assert done.code == 1
    assert words in done.err
    assert {asked.path for asked in server.asked} == {METADATA_PATH}


async def test_a_server_without_a_login_says_so(server, laptop):
    server.fail(METADATA_PATH, (404, {}))
    done = await laptop.run("login")
    assert "lets nobody log in" in done.err


async def test_without_a_server_it_says_which_to_name(alone):
    done = await alone.run("login")
    assert done.code == 1
    assert "hint: hitl login --server URL" in done.err


async def test_ctrl_c_leaves_nothing_behind(server, laptop, logins):
    async with laptop.start("login") as running:
        await running.says("/authorize?")
        running.interrupt()
        assert (await running.ends()).code == 130
    assert logins.find(server.url, Identity.AGENT) is None


async def test_the_browser_is_opened_where_there_is_one(server, laptop, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    browser.chmod(0o700)
    async with laptop.start("login", BROWSER=str(browser)) as running:
        said = await running.says("Opened in your browser.")
        assert (tmp_path / "opened").read_text() == address_in(said)


# -- on another device ------------------------------------------------------------------------


async def test_a_code_that_is_typed_in_elsewhere_logs_in(server, laptop, logins):
    """RFC 8628."""
    async with laptop.start("login", "--device", "--name", "rack 7") as running:
        said = await running.says("WDJB-MJHT")
        assert f"{server.url}/device\n" in said
        server.approved = True
        done = await running.ends()
    assert done.code == 0
    assert logins.find(server.url, Identity.AGENT).name == "rack 7"
    assert server.last("/token").headers["x-mcp-agent-name"] == "rack 7"


async def test_pollings_troubles_pass(server, laptop):
    """RFC 8628 §3.5: a busy server is asked less often."""
    server.approved = True
    pending = (400, {"error": "authorization_pending"})
    server.fail("/token", pending, (503, b""), pending)
    done = await laptop.run("login", "--device")
    assert done.code == 0
    assert server.count("/token") == 4


@pytest.mark.parametrize("error", ["expired_token", "access_denied"])
async def test_a_code_that_is_over_ends_the_login(server, laptop, error):
    server.fail("/token", (400, {"error": error, "error_description": "It is over."}))
    done = await laptop.run("login", "--device")
    assert (done.code, done.err.splitlines()[-1]) == (1, "error: It is over.")


async def test_a_client_that_was_forgotten_gets_its_code_too(server, laptop, logins):
    logins.remember_client(server.url, "forgotten")
    server.approved = True
    assert (await laptop.run("login", "--device")).code == 0
    assert server.count("/register") == 1


async def test_a_server_without_codes_says_so(server, laptop):
    server.metadata["device_authorization_endpoint"] = None
    assert "without a browser" in (await laptop.run("login", "--device")).err


# -- out again --------------------------------------------------------------------------------


async def test_who_logs_out_is_forgotten_here_and_there(server, laptop, logins):
    await log_in(server, laptop)
    login = logins.find(server.url, Identity.AGENT)
    done = await laptop.run("logout")
    assert (done.code, done.out) == (0, "")
    assert "The server has ended the login" in done.err
    assert server.last("/revoke").form["token"] == login.refresh_token
    assert logins.find(server.url, Identity.AGENT) is None
    assert logins.server(Identity.AGENT) is None
    assert "There is no login" in (await laptop.run("logout")).err


async def test_a_server_that_is_away_keeps_nobody_logged_in(server, laptop, logins):
    await log_in(server, laptop)
    server.fail("/revoke", (503, b""))
    done = await laptop.run("logout")
    assert done.code == 0
    assert "the server did not answer" in done.err
    assert logins.find(server.url, Identity.AGENT) is None


async def test_logging_out_as_a_person_leaves_the_agent(server, laptop, logins):
    await log_in(server, laptop)
    await laptop.run("logout", "--as", "person")
    assert logins.find(server.url, Identity.AGENT) is not None
    assert server.count("/revoke") == 0


async def test_who_does_not_wait_for_the_server_leaves_no_keys_here(tmp_path, logins):
    asked = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()  # and answers nothing
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
        logins.save(Login(server_url=url, identity=Identity.PERSON, name="Ana", access_token="t0ken"))
        keys = DeviceKeys(logins.folder, url)
        keys.make()
        person = Programs(tmp_path, {"HITL_SERVER_URL": url})
        async with person.start("logout", "--as", "person") as program:
            await asked.wait()
            program.interrupt()
            await program.ends()
    assert logins.find(url, Identity.PERSON) is None
    assert keys.find() is None


# -- under the older name ---------------------------------------------------------------------


async def test_as_hitl_cli_stdout_has_the_lines_of_old(server, laptop):
    done = await log_in(server, laptop, "--name", "Old", program="hitl-cli")
    assert done.out.splitlines()[1] == "✅ OAuth 2.1 dynamic authentication successful!"
    assert "🤖 Agent 'Old' is ready." in done.out
    assert f'"args": ["proxy", "{server.url}/mcp-server/mcp/"]' in done.out
    again = await laptop.run("login", program="hitl-cli")
    assert (again.code, again.out) == (0, "✅ Already logged in!\n")
    out = [(await laptop.run("logout", program="hitl-cli")).out for _ in range(2)]
    assert out == ["Logged out successfully!\n", "Not logged in.\n"]


async def test_as_hitl_cli_a_failure_is_on_stdout_too(server, laptop):
    server.fail(METADATA_PATH, (404, {}))
    done = await laptop.run("login", program="hitl-cli")
    assert done.code == 1
    assert done.out.startswith("❌ OAuth 2.1 login failed: ")


async def test_many_logins_at_once_leave_one_whole_login(server, laptop, logins):
    server.approved = True
    done = await asyncio.gather(*(laptop.run("login", "--device") for _ in range(3)))
    assert [one.code for one in done] == [0, 0, 0]
    assert logins.find(server.url, Identity.AGENT).access_token in server.good
