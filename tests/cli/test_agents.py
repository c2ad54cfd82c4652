"""`hitl agents`, `hitl notify` and `hitl notify-completion` against the real server."""

import json
import uuid

import pytest

from tests.cli.people import answer, review_urls
from tests.cli.programs import Programs
from tests.servers import running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("agents")) as server:
        yield server


@pytest.fixture
def agent(server, tmp_path) -> Programs:
    return Programs(tmp_path, {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.agent_key})


async def test_an_agent_that_is_made_is_listed(agent):
    name = f"night shift {uuid.uuid4()}"
    made = await agent.run("agents", "create", name)
    assert made.code == 0
    listed = await agent.run("agents", "list")
    assert f"{made.out.strip()}  {name}\n" in listed.out
    found = json.loads((await agent.run("agents", "list", "--json")).out)
    assert {"id": made.out.strip(), "name": name} in found


async def test_an_agent_is_made_as_json(agent):
    made = json.loads((await agent.run("agents", "create", "--name", "json", "--json")).out)
    assert made["name"] == "json"
    assert made["id"]


async def test_a_name_is_given_once(agent):
    assert (await agent.run("agents", "create")).code == 2
    assert (await agent.run("agents", "create", "a", "--name", "a")).code == 2


async def test_without_a_key_it_says_how_to_get_in(agent):
    done = await agent.run("agents", "list", HITL_API_KEY="hitla_wrong")
    assert (done.code, done.out) == (1, "")
    assert "hitl login" in done.err


async def test_as_hitl_cli_agents_are_a_table(agent):
    made = await agent.run("agents", "create", "--name", "Relay", program="hitl-cli")
    title, agent_id, name = made.out.splitlines()
    assert (made.code, title, name) == (0, "Agent created successfully!", "Name: Relay")
    listed = (await agent.run("agents", "list", program="hitl-cli")).out.splitlines()
    assert listed[:5] == ["", "Agents:", "-" * 60, f"{'ID':<36} {'Name':<20}", "-" * 60]
    assert f"{agent_id.removeprefix('ID: '):<36} {'Relay':<20}" in listed


async def test_as_hitl_cli_a_refusal_is_on_stdout(agent):
    done = await agent.run("agents", "list", program="hitl-cli", HITL_API_KEY="hitla_wrong")
    assert done.code == 1
    assert done.out.startswith("Failed to list agents: ")


async def test_what_a_human_says_to_finished_work_is_printed(agent):
    async with agent.start("notify-completion", "All tests pass.") as running:
        (url,) = review_urls(await running.says("/review/"))
        await answer(url, "submit", {"answer": "Ship it"})
        done = await running.ends()
    assert (done.code, done.out) == (0, "Ship it\n")


async def test_a_long_summary_is_shown_whole(agent, server):
    summary = "Done. " * 200
    async with agent.start("notify-completion", "--summary", summary) as running:
        said = await running.says("/review/")
        case = server.agent.get(f"/api/v1/reviews/{said.split('answer to ')[1].split()[0]}").json()
        await answer(review_urls(said)[0], "submit", {"answer": "ok"})
        assert (await running.ends()).out == "ok\n"
    assert case["message"].strip() == summary.strip()
    assert case["prompt"].endswith("…")


async def test_as_hitl_cli_finished_work_has_the_lines_of_old(agent):
    arguments = ("--summary", "Done.", "--agent-name", "Relay", "--agent-id", "7")
    async with agent.start("notify-completion", *arguments, program="hitl-cli") as running:
        (url,) = review_urls(await running.says("/review/"))
        await answer(url, "submit", {"answer": "Fine"})
        done = await running.ends()
    assert done.code == 0
    assert done.out.splitlines() == [
        "📋 Task Completion Notification",
        "=" * 40,
        "Summary: Done.",
        "Agent ID: 7",
        "Agent Name: Relay",
        "",
        "⏳ Waiting for human response...",
        "",
        "✅ Human response received: Fine",
    ]


async def test_a_notice_is_told_and_nothing_is_on_stdout(agent, server):
    done = await agent.run("notify", "The build runs.", "--agent-name", "night shift")
    assert (done.code, done.out) == (0, "")
    newest = server.agent.get("/api/v1/notices").json()["notices"][0]
    assert (newest["message"], newest["agent"]) == (
        "The build runs.",
        "night shift (agent-under-test)",
    )
    told = json.loads((await agent.run("notify", "Again.", "--json")).out)
    assert told["id"] == server.agent.get("/api/v1/notices").json()["notices"][0]["id"]


async def test_as_hitl_cli_a_notice_has_the_lines_of_old(agent):
    done = await agent.run("notify", "--message", "It runs.", program="hitl-cli")
    assert done.code == 0
    assert done.out.splitlines() == [
        "📢 Sending Notification",
        "=" * 40,
        "Message: It runs.",
        "",
        "📤 Sending notification...",
        "",
        "✅ Notification sent.",
    ]


async def test_as_hitl_cli_a_notice_that_is_refused_says_so_on_stdout(agent):
    done = await agent.run("notify", "--message", "It runs.", program="hitl-cli", HITL_API_KEY="hitla_wrong")
    assert done.code == 1
    assert done.out.splitlines()[-1].startswith("❌ Notification failed: ")
