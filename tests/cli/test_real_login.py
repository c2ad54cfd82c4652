"""`hitl login`, `hitl signin` and what follows, against the real server and people who say yes."""

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openhitl.client.logins import Identity, Logins
from openhitl.protocol.people import Role
from tests.accounts.visitors import Visitors, way_in
from tests.cli.programs import NO_KEYRING, Programs
from tests.cli.screens import typed_on_screen
from tests.oauth.world import Person
from tests.servers import running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("login")) as server:
        yield server


@pytest.fixture(scope="module")
def visitors(server):
    visitors = Visitors(server)
    yield visitors
    visitors.close()


@pytest.fixture(scope="module")
def alice(visitors) -> Person:
    return Person(visitors, "Alice")


@pytest.fixture
def laptop(server, tmp_path) -> Programs:
    return Programs(tmp_path, {"HITL_SERVER_URL": server.url})


@pytest.fixture
def logins(tmp_path) -> Logins:
    return Logins(tmp_path / ".config" / "openhitl")


async def log_in(laptop, alice, *arguments: str):
    async with laptop.start("login", *arguments) as program:
        address = re.search(r"http://\S+/authorize\?\S+", await program.says("/authorize?")).group()
        back = alice.allow(address)
        assert alice.look(back).status_code == 200
        done = await program.ends()
    assert done.code == 0, done
    return done


async def test_who_logs_in_asks_as_an_agent_of_whoever_said_yes(server, laptop, alice):
    await log_in(laptop, alice, "--name", "My Workstation")
    assert "My Workstation" in (await laptop.run("agents", "list")).out
    assert (await laptop.run("list", "--json")).out == "[]\n"
    assert (await laptop.run("notify", "Hello")).code == 0


async def test_the_page_where_alice_says_yes_shows_the_agents_name(laptop, alice):
    async with laptop.start("login", "--name", "Night shift") as program:
        address = re.search(r"http://\S+/authorize\?\S+", await program.says("/authorize?")).group()
        assert "Night shift" in alice.look(address).text


async def test_who_says_no_lets_nobody_in(laptop, alice, logins, server):
    async with laptop.start("login") as program:
        address = re.search(r"http://\S+/authorize\?\S+", await program.says("/authorize?")).group()
        alice.look(alice.decide(address, "deny"))
        done = await program.ends()
    assert done.code == 1
    assert logins.find(server.url, Identity.AGENT) is None


async def test_a_refused_token_is_renewed_at_the_server(server, laptop, alice, logins):
    await log_in(laptop, alice)
    login = logins.find(server.url, Identity.AGENT)
    logins.save(replace(login, expires_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert (await laptop.run("list")).code == 0
    assert logins.find(server.url, Identity.AGENT).refresh_token != login.refresh_token


async def test_a_second_login_uses_the_same_client_and_ends_the_first(server, laptop, alice, logins):
    await log_in(laptop, alice)
    first = logins.find(server.url, Identity.AGENT)
    await log_in(laptop, alice)
    second = logins.find(server.url, Identity.AGENT)
    assert second.client_id == first.client_id
    answer = server.anyone.get("/api/v1/agents", headers=dict(first.headers))
    assert answer.status_code == 401


async def test_who_logs_out_is_out_at_the_server_too(server, laptop, alice, logins):
    await log_in(laptop, alice)
    login = logins.find(server.url, Identity.AGENT)
    done = await laptop.run("logout")
    assert "The server has ended the login" in done.err
    assert server.anyone.get("/api/v1/agents", headers=dict(login.headers)).status_code == 401
    assert (await laptop.run("agents", "list")).code == 1


async def test_a_device_without_a_browser_is_let_in_by_a_code(laptop, alice):
    """RFC 8628."""
    async with laptop.start("login", "--device", "--name", "rack 7") as program:
        said = await program.says("", times=4)
        address = re.search(r"http://\S+", said).group()
        code = re.search(r"^  (\S{4}-\S{4})$", said, re.MULTILINE).group(1)
        page = alice.press(alice.look(address), "", user_code=code)
        assert "rack 7" in page.text
        assert alice.press(page, "allow").status_code == 200
        done = await program.ends()
    assert done.code == 0, done
    assert "rack 7" in (await laptop.run("agents", "list")).out


REGISTERING = (
    *("admin", "register-client", "--client-id"),
    *("{}", "--client-name", "My app", "--client-type", "desktop", "--agent-name", "App agent"),
)


def registering(client_id: str) -> list[str]:
    return [argument.format(client_id) for argument in REGISTERING]


async def test_an_owners_agent_registers_a_program(laptop, alice):
    await log_in(laptop, alice)
    done = await laptop.run(*registering("my-app"))
    assert (done.code, done.out) == (0, "my-app\n"), done
    again = await laptop.run(*registering("my-app"))
    assert (again.code, again.out) == (1, "")


async def test_as_hitl_cli_registering_a_program_has_the_lines_of_old(laptop, alice):
    refused = await laptop.run(*registering("relay-app"), program="hitl-cli")
    assert refused.code == 1
    assert refused.out.splitlines()[-1] == "Please run \"hitl-cli login --name '<Agent Name>'\" to log in."
    await log_in(laptop, alice)
    done = await laptop.run(*registering("relay-app"), program="hitl-cli")
    assert done.code == 0
    assert "✅ OAuth client registered successfully!" in done.out.splitlines()
    assert "   Agent Template: App agent" in done.out.splitlines()


# -- people -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bob(visitors) -> str:
    visitors.joined("Bob", Role.MEMBER)
    return "Bob"


async def test_a_link_signs_a_person_in_who_cannot_ask(server, tmp_path, logins, bob):
    anywhere = Programs(tmp_path, {})
    done = await anywhere.run("signin", way_in(server, bob))
    assert (done.code, done.out) == (0, "")
    assert f"Signed in at {server.url} as Bob." in done.err
    login = logins.find(server.url, Identity.PERSON)
    assert login.access_token.startswith("hitlu_")
    current = server.anyone.get("/api/v1/sessions/current", headers=dict(login.headers))
    assert current.json()["person"]["name"] == "Bob"
    assert logins.find(server.url, Identity.AGENT) is None
    asked = await anywhere.run("agents", "list", HITL_SERVER_URL=server.url)
    assert asked.code == 1
    settings = (await anywhere.run("config")).out
    assert re.search(r"person=\*{8} +# sign-in of Bob, in ", settings)
    assert login.access_token not in settings


async def test_a_link_is_read_from_a_pipe(server, laptop, logins, bob):
    done = await laptop.run("signin", stdin=way_in(server, bob) + "\n")
    assert done.code == 0, done
    assert logins.find(server.url, Identity.PERSON).name == "Bob"


def test_a_link_that_is_pasted_on_a_terminal_is_not_shown(server, tmp_path, bob):
    link = way_in(server, bob)
    environment = {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": NO_KEYRING, "TERM": "xterm"}
    program = str(Path(sys.executable).with_name("hitl"))
    screen = typed_on_screen([program, "signin"], environment, after="Paste the link", keys=link + "\n")
    assert screen.code == 0, screen
    assert f"Signed in at {server.url} as Bob." in screen.out
    assert "token=" not in screen.out


async def test_a_token_alone_is_for_the_server_that_is_named(server, laptop, bob):
    token = way_in(server, bob).partition("token=")[2]
    assert (await laptop.run("signin", token)).code == 0


async def test_a_link_is_good_once(server, laptop, bob):
    link = way_in(server, bob)
    assert (await laptop.run("signin", link)).code == 0
    again = await laptop.run("signin", link)
    assert (again.code, again.out) == (1, "")


async def test_who_signs_out_is_out_at_the_server_too(server, laptop, logins, bob):
    await laptop.run("signin", way_in(server, bob))
    login = logins.find(server.url, Identity.PERSON)
    done = await laptop.run("logout", "--as", "person")
    assert "The server has ended the login" in done.err
    assert server.anyone.get("/api/v1/sessions/current", headers=dict(login.headers)).status_code == 401
    assert logins.find(server.url, Identity.PERSON) is None


@pytest.mark.parametrize(
    "link", ["https://hitl.example.com/join?token=x", "", "http://hitl.example.com/sign-in/link?token=x"]
)
async def test_what_is_no_way_in_is_refused_before_anything_is_sent(laptop, link):
    done = await laptop.run("signin", link)
    assert done.code in (1, 2)
