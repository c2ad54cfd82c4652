"""`HITL(e2ee=True)` against a real server, with devices that answer."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from openhitl.agent import HITL, Outcome, SyncHITL
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from openhitl.errors import (
    IdempotencyMismatch,
    InvalidRequest,
    NoDevice,
    NoItems,
    NotEncrypted,
    NotEndToEnd,
)
from openhitl.protocol.people import SessionKind
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household
from tests.sealed.older import older_server
from tests.servers import running

pytestmark = pytest.mark.anyio
APPROVAL = {"type": "approval", "context": {}}
FETCHED = {
    "fields": [
        {"key": "name", "label": "Name", "type": "text"},
        {"key": "city", "label": "City", "type": "text", "default_ref": "https://crm.example.com/city"},
    ]
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("e2ee")) as server:
        yield server


@pytest.fixture(scope="module")
def ana(server):
    ana = sign_in(server, kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    household.add("laptop")
    return household


@pytest.fixture(autouse=True)
def _without_a_keyring(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture
def config(server, tmp_path):
    return ClientConfig(server_url=server.url, api_key=server.agent_key, logins=Logins(tmp_path / "config"))


def encrypting(config, **options):
    return HITL(config=config, e2ee=True, announce=lambda case: None, **options)


async def test_words_are_asked_for_and_answered_on_any_device(config, ana):
    async with encrypting(config) as hitl:
        for device in ana.devices:
            asking = asyncio.create_task(hitl.request_input("Which branch?", agent_name="Deployer"))
            question = await asyncio.to_thread(ana.answer, device, "submit", {"answer": "the blue one"})
            assert await asking == "the blue one"
            assert question.body["prompt"] == "Which branch?"
            assert question.body["agent"] == "Deployer"


async def answered(household, device, action, data=None):
    return await asyncio.to_thread(household.answer, device, action, data or {})


async def test_every_kind_of_question_is_asked_and_its_answer_checked(config, ana):
    phone = ana.devices[0]
    async with encrypting(config, agent_name="Deployer") as hitl:
        asking = asyncio.create_task(hitl.approve("Publish?", "Dear readers", message="It is spring."))
        question = await answered(ana, phone, "edit", {"edits": {"content": "Dear reader"}})
        decision = await asking
        assert decision.approved_with_edits
        assert decision.responded_by == {"name": "Ana"}
        assert (question.body["message"], question.body["agent"]) == ("It is spring.", "Deployer")
        [person] = question.body["people"]
        assert person == {"person": ana.person, "number": ana.list.number, "digest": ana.list.digest}

        asking = asyncio.create_task(hitl.select("Which?", ["red", "blue"]))
        await answered(ana, phone, "select", {"selected": ["blue"]})
        assert (await asking).data == {"selected": ["blue"]}

        secret = [{"key": "code", "label": "Code", "type": "text", "sensitive": True, "required": True}]
        asking = asyncio.create_task(hitl.ask("The code?", secret))
        await answered(ana, phone, "submit", {"code": "4711"})
        decision = await asking
        assert decision.data["code"] == "4711"
        assert "4711" not in repr(decision)

        asking = asyncio.create_task(hitl.confirm("Send both?", ["to Ana", "to Bo"]))
        await answered(ana, phone, "confirm")
        assert (await asking).data["confirmed_items"] == ["to Ana", "to Bo"]

        asking = asyncio.create_task(hitl.escalate("The build failed.", "exit status 2"))
        await answered(ana, phone, "abort")
        assert (await asking).denied


async def test_a_question_that_is_none_is_refused_before_it_is_encrypted(config, ana):
    async with encrypting(config) as hitl:
        with pytest.raises(InvalidRequest, match="prompt"):
            await hitl.approve("x" * 501)
        with pytest.raises(NoItems):
            await hitl.select("Which?", [])
        with pytest.raises(InvalidRequest) as refused:
            await hitl.create("Which?", {"type": "input", "context": {"form": FETCHED}})
        assert refused.value.details["errors"] == [
            {
                "path": "context.form (city).default_ref",
                "message": "A server cannot fetch what it cannot read.",
            }
        ]
        assert "give it as `default`" in refused.value.hint
    assert ana.owner.http.get("/api/v1/inbox?status=open").json()["cases"] == []


async def test_the_same_key_joins_the_same_question_and_no_other(config, ana, server):
    async with encrypting(config) as hitl, encrypting(config) as another:
        case = await hitl.create("Deploy?", APPROVAL, request_key="deploy web")
        joined = await another.create("Deploy?", APPROVAL, request_key="deploy web")
        assert (joined.case_id, joined.prompt) == (case.case_id, "Deploy?")
        with pytest.raises(IdempotencyMismatch):
            await another.create("Delete?", APPROVAL, request_key="deploy web")
        await answered(ana, ana.devices[1], "approve")
        assert [(await one.wait(joined)).approved for one in (hitl, another)] == [True, True]
        # Who has been told asks anew.
        following = await hitl.create("Deploy?", APPROVAL, request_key="deploy web")
        assert following.case_id != case.case_id
        await hitl.cancel(following.case_id)


async def test_another_process_waits_on_with_the_same_key_alone(config, ana, tmp_path):
    async with encrypting(config) as hitl:
        case = await hitl.create("Deploy?", APPROVAL)
    stranger = replace(config, logins=Logins(tmp_path / "elsewhere"))
    async with HITL(config=stranger) as hitl:
        with pytest.raises(NotEncrypted):
            await hitl.wait(case.case_id)
    async with HITL(config=config) as hitl:
        await answered(ana, ana.devices[0], "approve")
        assert (await hitl.wait(case.case_id)).approved


async def test_who_encrypts_takes_no_question_that_is_not(config, ana):
    async with HITL(config=config, announce=lambda case: None) as plain, encrypting(config) as hitl:
        case = await plain.create("Deploy?", APPROVAL)
        with pytest.raises(NotEncrypted):
            await hitl.wait(case.case_id)
        page = sign_in(ana.server)
        answer = {"action": "approve", "data": {}}
        assert page.post(f"/reviews/{case.case_id}/respond", json=answer).status_code == 200
        with pytest.raises(NotEncrypted):
            await hitl.wait(case)


async def test_what_ends_without_an_answer_ends_so(config, ana):
    async with encrypting(config) as hitl:
        case = await hitl.create("Deploy?", APPROVAL, default_action="reject")
        assert case.default_action == "reject"
        await hitl.cancel(case.case_id, "no need")
        decision = await hitl.wait(case)
        assert (decision.outcome, decision.reason) == (Outcome.CANCELLED, "no need")


async def test_a_notice_is_for_devices(config, ana, server):
    async with encrypting(config) as hitl:
        notice_id = await hitl.notify("It runs.")
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert newest["id"] == notice_id
    assert ana.read_notice(ana.devices[1], newest) == {"message": "It runs.", "kind": "info"}


async def test_code_that_is_not_async_encrypts_too(config, ana, monkeypatch):
    monkeypatch.setenv("HITL_CONFIG_DIR", str(config.logins.folder))

    def ask():
        with SyncHITL(config.server_url, config.api_key, e2ee=True, announce=lambda case: None) as hitl:
            return hitl.request_input("Which branch?")

    asking = asyncio.create_task(asyncio.to_thread(ask))
    await answered(ana, ana.devices[0], "submit", {"answer": "main"})
    assert await asking == "main"


async def test_a_server_without_device_lists_is_said(ana, tmp_path):
    with older_server(tmp_path / "older") as older:
        given = ClientConfig(
            server_url=older.url, api_key=older.agent_key, logins=Logins(tmp_path / "config")
        )
        async with encrypting(given) as hitl:
            with pytest.raises(NotEndToEnd):
                await hitl.notify("It runs.")


async def test_where_nobody_has_a_device_that_is_said(tmp_path):
    with running(tmp_path / "empty") as empty:
        given = ClientConfig(
            server_url=empty.url, api_key=empty.agent_key, logins=Logins(tmp_path / "config")
        )
        async with encrypting(given) as hitl:
            with pytest.raises(NoDevice):
                await hitl.notify("It runs.")
