"""hitl-cli 1.2.1 from the registry, unmodified, with `HITL_SERVER_URL` and `HITL_API_KEY` alone."""

import pytest

from tests.cli.people import answer
from tests.cli.programs import Programs
from tests.dropin.cases import next_case
from tests.dropin.older import installed
from tests.hitl_cli.scripts import Scripts
from tests.servers import running

pytestmark = pytest.mark.anyio

SDK = """
import asyncio
from hitl_cli import HITL

async def main():
    hitl = HITL()
    print(await hitl.request_input("Migrate?", ["Yes", "No"]))
    print(await hitl.notify("Migration started."))
    agent_id = await hitl.create_agent("My Assistant")
    print([agent["name"] for agent in await hitl.list_agents() if agent["id"] == agent_id])
    print(await hitl.notify_completion("The migration is complete!"))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("dropin")) as server:
        yield server


@pytest.fixture
def environment(server) -> dict[str, str]:
    return {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.agent_key, "PYTHONWARNINGS": "ignore"}


@pytest.fixture
def older(environment, tmp_path) -> Programs:
    return Programs(tmp_path, environment, programs=installed())


async def test_a_request_is_answered_in_words(older, server):
    async with older.start("request", "--prompt", "Which branch?", program="hitl-cli") as program:
        case = await next_case(server, "Which branch?")
        await answer(case["review_url"], "submit", {"answer": "the blue one"})
        done = await program.ends()
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "Human response received: the blue one"


async def test_a_request_is_answered_by_a_choice(older, server):
    choices = ("--choice", "Staging", "--choice", "Production")
    async with older.start("request", "--prompt", "Where to?", *choices, program="hitl-cli") as program:
        case = await next_case(server, "Where to?")
        await answer(case["review_url"], "select", {"selected": ["Production"]})
        done = await program.ends()
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "Human response received: Production"


async def test_a_notice_is_told(older, server):
    done = await older.run("notify", "--message", "It runs.", program="hitl-cli")
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "✅ Notification sent."
    assert server.agent.get("/api/v1/notices").json()["notices"][0]["message"] == "It runs."


async def test_finished_work_is_answered(older, server):
    async with older.start("notify-completion", "--summary", "All done.", program="hitl-cli") as program:
        case = await next_case(server, "All done.")
        await answer(case["review_url"], "submit", {"answer": "Ship it"})
        done = await program.ends()
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "✅ Human response received: Ship it"


async def test_an_agent_is_made_and_listed(older):
    made = await older.run("agents", "create", "--name", "Relay", program="hitl-cli")
    title, agent_id, name = made.out.splitlines()
    assert (made.code, title, name) == (0, "Agent created successfully!", "Name: Relay")
    listed = await older.run("agents", "list", program="hitl-cli")
    assert f"{agent_id.removeprefix('ID: '):<36} {'Relay':<20}" in listed.out.splitlines()


async def test_ours_says_the_same_to_the_same(older, environment, tmp_path):
    ours = Programs(tmp_path, environment)
    for arguments in (("agents", "list"), ("notify", "--message", "It runs.", "--agent-name", "Relay")):
        said = [await programs.run(*arguments, program="hitl-cli") for programs in (older, ours)]
        assert said[0].out == said[1].out
        assert (said[0].code, said[1].code) == (0, 0)


async def test_a_wrong_key_is_refused(older):
    done = await older.run("agents", "list", program="hitl-cli", HITL_API_KEY="hitla_wrong")
    assert done.code == 1
    assert "Authentication failed" in done.out


async def test_its_sdk_works(environment, tmp_path, server):
    scripts = Scripts(tmp_path, environment, programs=installed())
    async with scripts.start(SDK) as program:
        case = await next_case(server, "Migrate?")
        await answer(case["review_url"], "select", {"selected": ["Yes"]})
        case = await next_case(server, "The migration is complete!")
        await answer(case["review_url"], "submit", {"answer": "Well done"})
        done = await program.ends()
    assert done.code == 0, done
    assert done.out.splitlines() == ["Yes", "Notification sent.", "['My Assistant']", "Well done"]
