"""What is asked, told and answered end to end encrypted is nowhere in the clear: not in the database and its
write-ahead log, not in what a server logs that says all it can, not in events, polls, lists and pages.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from openhitl.agent import HITL
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from openhitl.protocol.case import ActorKind
from openhitl.protocol.people import SessionKind
from openhitl.server.local import new_key
from openhitl.settings import Settings
from tests.attacks.canaries import found_in, postgres_dump, sqlite_dump
from tests.attacks.canary_scene import ROOT, loud
from tests.databases import KINDS
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household
from tests.servers import RunningServer

pytestmark = pytest.mark.anyio
CANARY = "yellow canary 4711"
CASES = {"sqlite": 1_000, "postgresql": 100}
AT_ONCE = 8
QUESTION = {
    "type": "input",
    "context": {
        "form": {"fields": [{"key": "why", "label": f"Why, {CANARY}?", "type": "text", "required": True}]},
        "facts": {"bird": CANARY},
    },
}


@pytest.fixture(params=KINDS)
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, database_url_of: Callable[[str], str]
) -> dict[str, str]:
    given = {"data_dir": str(tmp_path), "port": "0", "secret_key": ROOT, "agent_rate": "0"}
    if request.param == "postgresql":
        given["database_url"] = database_url_of("postgresql")
    return given


async def test_a_thousand_encrypted_cases_leave_no_word(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    count = CASES["postgresql" if "database_url" in settings else "sqlite"]
    with loud(settings, tmp_path) as process, contextlib.ExitStack() as closing:
        server = running_server(Settings(**{**settings, "base_url": process.url}), process.url, closing)
        ana = sign_in(server, kind=SessionKind.TERMINAL)
        owned_agent(server, ana)
        household = Household(server, ana)
        household.add("phone")
        config = ClientConfig(
            server_url=server.url, api_key=server.agent_key, logins=Logins(tmp_path / "config")
        )
        async with HITL(config=config, e2ee=True, announce=lambda case: None) as hitl:
            await ask_all(hitl, household, count)
            await hitl.notify(f"Told: {CANARY}")
        told = [*dumped(server.settings), *told_to_anybody(server, household)]
        process.terminate()
        process.ends()
    told += [("the log", line.encode()) for line in process.said.splitlines()]
    assert len(process.said) > 100 * count
    assert {where for where, text in told if found_in(text, {"canary": CANARY})} == set()
    # What looks for it would find it.
    assert found_in(f"... {CANARY} ...", {"canary": CANARY})


def running_server(settings: Settings, url: str, closing: contextlib.ExitStack) -> RunningServer:
    key = new_key(settings, "agent-under-test", ActorKind.AGENT)
    client = closing.enter_context(
        httpx2.Client(base_url=url, headers={"x-api-key": key}, timeout=30, trust_env=False)
    )
    return RunningServer(url, settings, key, "", client, client, client, closing)


async def ask_all(hitl: HITL, household: Household, count: int) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(number: int) -> None:
        async with room:
            case = await hitl.create(f"Number {number}: {CANARY}?", QUESTION, message=CANARY)
            answer = {"why": f"Because of the {CANARY}, {number}."}
            await asyncio.to_thread(answered, household, case.case_id, answer)
            assert (await hitl.wait(case)).data == answer

    async with asyncio.TaskGroup() as asking:
        for number in range(count):
            asking.create_task(ask(number))


def answered(household: Household, case_id: str, data: dict[str, str]) -> None:
    [device] = household.devices
    opened, _ = household.read(device, case_id)
    assert CANARY in opened.body["prompt"]
    household.respond(case_id, {"envelope": household.sealed_answer(device, opened, "submit", data)})


def dumped(settings: Settings) -> list[tuple[str, bytes]]:
    address = settings.database_url
    return [*(postgres_dump(address) if address else sqlite_dump(settings.data_dir))]


def told_to_anybody(server: RunningServer, household: Household) -> Iterator[tuple[str, bytes]]:
    """What the server says of these cases."""
    page = server.agent.get("/api/v1/reviews?limit=20")
    assert len(page.json()["reviews"]) == 20
    yield "reviews", page.content
    yield "notices", server.agent.get("/api/v1/notices").content
    yield "inbox", household.owner.http.get("/api/v1/inbox?limit=20").content
    browser = sign_in(server)
    for case in page.json()["reviews"]:
        case_id = case["case_id"]
        yield "poll", server.agent.get(f"/api/reviews/{case_id}/status").content
        yield "events", server.agent.get(f"/api/reviews/{case_id}/events").content
        yield "page", browser.http.get(f"/review/{case_id}", headers={"accept": "text/html"}).content
