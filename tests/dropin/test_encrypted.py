"""hitl-cli 1.2.1 from the registry, unmodified, with `--e2ee`: a device answers, the server reads nothing."""

from __future__ import annotations

import asyncio
import json

import pytest

from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.box import write_key
from tests.cli.programs import Programs
from tests.dropin.older import installed
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household, fresh_keys
from tests.servers import running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("dropin")) as server:
        yield server


@pytest.fixture(scope="module")
def ana(server):
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    return household


@pytest.fixture
def older(server, ana, tmp_path):
    """The program, whose key was registered while it was logged in."""
    keys = fresh_keys()
    folder = tmp_path / ".config" / "hitl-cli"
    folder.mkdir(parents=True)
    (folder / "agent.key").write_text(
        json.dumps({"public_key": write_key(keys.public), "private_key": write_key(keys.private)})
    )
    body = {"entity_type": "agent", "public_key": write_key(keys.public)}
    assert server.agent.post("/api/v1/keys/register", json=body).status_code == 200
    environment = {
        "HITL_SERVER_URL": server.url,
        "HITL_API_KEY": server.agent_key,
        "PYTHONWARNINGS": "ignore",
    }
    return Programs(tmp_path, environment, programs=installed())


async def test_a_request_is_answered_by_a_device(older, ana):
    choices = ("--choice", "Staging", "--choice", "Production")
    async with older.start(
        "request", "--prompt", "Where to?", *choices, "--e2ee", program="hitl-cli"
    ) as program:
        asked = await asyncio.to_thread(ana.answer_box, ana.devices[0], "Production")
        done = await program.ends()
    assert asked == {"prompt": "Where to?", "choices": ["Staging", "Production"], "placeholder_text": ""}
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "Human response received: Production"


async def test_finished_work_is_answered_by_a_device(older, ana):
    async with older.start(
        "notify-completion", "--summary", "All done.", "--e2ee", program="hitl-cli"
    ) as program:
        asked = await asyncio.to_thread(ana.answer_box, ana.devices[0], "Ship it")
        done = await program.ends()
    assert asked == {"summary": "All done."}
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "✅ Human response received: Ship it"


async def test_a_notice_is_told_to_a_device(older, ana, server):
    done = await older.run("notify", "--message", "It runs.", "--e2ee", program="hitl-cli")
    assert done.code == 0, done
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest["message"] == "Encrypted notice"
    senders = [{"key": key} for key in ana.sender_keys()]
    said, _ = ana.read_box(ana.devices[0], newest["envelope"], senders)
    assert said == {"message": "It runs."}
