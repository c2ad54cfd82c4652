"""`--e2ee` and `hitl keys`: real programs, a real server, and a device that answers."""

from __future__ import annotations

import asyncio
import json

import pytest

from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.box import write_key
from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from tests.cli.programs import Programs
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household, fresh_keys
from tests.servers import running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("encrypted")) as server:
        yield server


@pytest.fixture(scope="module")
def ana(server):
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    return household


@pytest.fixture
def programs(server, ana, tmp_path):
    environment = {"HITL_SERVER_URL": server.url, "HITL_API_KEY": server.agent_key}
    return Programs(tmp_path, environment)


async def answered(ana, action, data):
    return await asyncio.to_thread(ana.answer, ana.devices[0], action, data)


async def test_a_question_is_answered_by_a_device_and_the_server_knows_neither(programs, ana, server):
    asking = ("request", "--prompt", "Which branch?", "--choice", "red", "--choice", "blue", "--e2ee")
    async with programs.start(*asking) as program:
        question = await answered(ana, "select", {"selected": ["blue"]})
        done = await program.ends()
    assert (done.code, done.out) == (0, "blue\n"), done
    assert question.body["prompt"] == "Which branch?"
    newest = server.agent.get("/api/v1/reviews").json()["reviews"][0]
    assert newest["prompt"] == "Encrypted request"
    assert "blue" not in json.dumps(newest)


async def test_an_answer_is_fetched_by_another_process(programs, ana):
    async with programs.start("request", "--prompt", "Go on?", "--type", "approval", "--e2ee") as program:
        await program.says("Waiting for an answer to")
        case_id = ana.waiting()
        program.interrupt()
        await program.ends()
    await answered(ana, "reject", {"feedback": "Not today"})
    waited = await programs.run("status", case_id, "--wait")
    assert (waited.code, waited.out) == (10, "reject\n"), waited
    assert "Not today" in waited.err


async def test_finished_work_is_answered_as_the_older_program_says_it(programs, ana):
    asking = ("notify-completion", "--summary", "All done.", "--e2ee")
    async with programs.start(*asking, program="hitl-cli") as program:
        await answered(ana, "submit", {"answer": "Ship it"})
        done = await program.ends()
    assert (done.code, done.out.splitlines()[-1]) == (0, "✅ Human response received: Ship it"), done


async def test_a_notice_is_read_by_devices_alone(programs, ana, server):
    done = await programs.run("notify", "It runs.", "--e2ee")
    assert done.code == 0, done
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest["message"] == "Encrypted notice"
    assert ana.read_notice(ana.devices[0], newest) == {"message": "It runs.", "kind": "info"}


async def test_people_are_verified_by_six_words(programs, ana):
    words = ana.list.fingerprint
    unknown = await programs.run("keys", "list", "--json")
    assert json.loads(unknown.out) == []
    wrong = await programs.run("keys", "verify", "Ana", "--words", "babab babab babab babab babab babab")
    assert wrong.code == 10, wrong
    right = await programs.run("keys", "verify", "ana", "--words", words)
    assert right.code == 0, right
    [known] = json.loads((await programs.run("keys", "list", "--json")).out)
    assert (known["name"], known["words"]) == ("Ana", words)
    assert known["verified_at"]
    assert (await programs.run("keys", "verify")).err == "Everybody is verified.\n"
    assert (await programs.run("keys", "forget", "ANA")).code == 0
    assert json.loads((await programs.run("keys", "list", "--json")).out) == []
    nobody = await programs.run("keys", "forget", "Ana")
    assert nobody.code == 1


async def test_without_a_terminal_words_have_to_be_given(programs):
    done = await programs.run("keys", "verify", "Ana")
    assert done.code == 2
    assert "--words" in done.err


async def test_who_comes_from_the_older_program_keeps_the_key(programs, tmp_path):
    keys = fresh_keys()
    folder = tmp_path / ".config" / "hitl-cli"
    folder.mkdir(parents=True)
    record = {"public_key": write_key(keys.public), "private_key": write_key(keys.private)}
    (folder / "agent.key").write_text(json.dumps(record))
    (folder / "agent.key").chmod(0o600)
    own = await programs.run("keys", "--json")
    assert json.loads(own.out)["words"] == agent_fingerprint(keys.public)
    (folder / "agent.key").unlink()
    assert (await programs.run("keys")).out == f"{agent_fingerprint(keys.public)}\n"
    assert (tmp_path / ".config" / "openhitl" / "agent-key.json").stat().st_mode & 0o077 == 0
