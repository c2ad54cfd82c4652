"""Programs written for hitl-cli 1.2.1 run unchanged: what they import, call and print."""

import json

import pytest

from tests.cli.people import answer, review_urls
from tests.cli.programs import Running
from tests.hitl_cli.scripts import Scripts
from tests.servers import running

pytestmark = pytest.mark.anyio

ASKING = """
import asyncio
from hitl_cli import HITL

async def main():
    hitl = HITL()
    try:
        answer = await hitl.request_input("Migrate?", choices=["Yes", "No"])
        print(f"Human response: {answer}")
        if answer == "Yes":
            print(await hitl.notify("Migration started."))
            print(await hitl.notify_completion("The migration is complete!"))
    except Exception as e:
        print(f"An error occurred: {e}")

asyncio.run(main())
"""

#: One object, several event loops.
LOOPS = """
import asyncio
from hitl_cli import HITL

hitl = HITL()
agent_id = asyncio.run(hitl.create_agent("My Assistant"))
agents = asyncio.run(hitl.list_agents())
print([agent["name"] for agent in agents if agent["id"] == agent_id])
"""

PATHS = """
import asyncio, json
from hitl_cli import ApiClient

client = ApiClient()
made = asyncio.run(client.post("/api/v1/agents", {"name": "By hand"}))
print(json.dumps(made))
print(any(agent["id"] == made["id"] for agent in client.get_sync("/api/v1/agents")))
print(client.post_sync("/api/v1/agents", {"name": "Again"}).json()["name"])
print(client.post_sync("/api/v1/agents", {}).status_code)
asyncio.run(client.delete("/api/v1/nothing"))
"""

MCP = """
import asyncio
from hitl_cli.mcp_client import MCPClient

async def main():
    client = MCPClient()
    agent_id = await client.create_agent_for_mcp("Relay")
    print(await client.validate_agent_exists(agent_id), await client.validate_agent_exists("0"))
    print(await client.request_human_input("One?", agent_id=agent_id))
    print(await client.request_human_input_oauth("Two?", ["a", "b"], agent_name="Named"))
    print(await client.request_human_input_api_key("Three?", placeholder_text="here"))
    print(await client.call_tool("request_human_input", {"prompt": "Four?"}))
    print(await client.call_tool("notify_human_completion", {"summary": "Five."}))
    told = [await client.notify_human("Six."), await client.notify_human_oauth("Seven.", agent_name="Named")]
    told += [await client.notify_human_api_key("Eight.")]
    told += [await client.call_tool("notify_human", {"message": "Nine."})]
    print(set(told) == {"Notification sent."})

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("scripts")) as server:
        yield server


@pytest.fixture
def scripts(server, tmp_path) -> Scripts:
    return Scripts(tmp_path, {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.agent_key})


async def nth_url(program: Running, number: int) -> str:
    """Wait until the program has asked so often, and return where the last question is answered."""
    return review_urls(await program.says("/review/", times=number))[-1]


async def test_the_sdk_asks_and_reports(scripts):
    async with scripts.start(ASKING) as program:
        await answer(await nth_url(program, 1), "select", {"selected": ["Yes"]})
        await answer(await nth_url(program, 2), "submit", {"answer": "Well done"})
        done = await program.ends()
    assert (done.code, done.out) == (0, "Human response: Yes\nNotification sent.\nWell done\n")


async def test_one_object_serves_several_event_loops(scripts):
    assert (await scripts.run(LOOPS)).out == "['My Assistant']\n"


async def test_a_program_that_is_not_let_in_hears_why(scripts):
    done = await scripts.run(ASKING, HITL_API_KEY="hitla_wrong")
    assert done.out.startswith("An error occurred: ")


async def test_paths_are_called_by_hand(scripts):
    done = await scripts.run(PATHS)
    made, *rest = done.out.splitlines()
    assert json.loads(made) == {
        "id": json.loads(made)["agent_id"],
        "agent_id": json.loads(made)["id"],
        "name": "By hand",
    }
    assert rest[:2] == ["True", "Again"]
    assert [line.split(":")[0] for line in rest[2:]] == ["API Error", "1", "API Error"]


async def test_a_wrong_key_is_said_as_ever(scripts):
    done = await scripts.run(PATHS, HITL_API_KEY="hitla_wrong")
    assert done.out == "Error: Authentication failed. Please run 'hitl-cli login' again.\n"


async def test_the_calls_of_the_mcp_client_ask(scripts, server):
    async with scripts.start(MCP) as program:
        for number, said in ((1, "one"), (2, None), (3, "three"), (4, "four"), (5, "five")):
            url = await nth_url(program, number)
            if said is None:
                await answer(url, "select", {"selected": ["b"]})
            else:
                await answer(url, "submit", {"answer": said})
        done = await program.ends()
    assert done.out.split() == ["True", "False", "one", "b", "three", "four", "five", "True"]


async def test_the_module_is_the_program(scripts):
    done = await scripts.run_module("hitl_cli", "agents", "create", "--name", "Module")
    assert done.out.splitlines()[0] == "Agent created successfully!"
    assert (await scripts.run_module("hitl_cli", "--version")).out.startswith("hitl-cli ")


def test_what_the_older_package_exports_is_here():
    import hitl_cli
    from hitl_cli.api_client import ApiClient
    from hitl_cli.sdk import HITL

    assert sorted(hitl_cli.__all__) == ["ApiClient", "HITL", "MCPClient"]
    assert (hitl_cli.HITL, hitl_cli.ApiClient) == (HITL, ApiClient)
