"""The agent's calls against the real server, answered the way a review page answers."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest

from openhitl import HITL, OpenCase, Outcome, SyncHITL
from openhitl.errors import CaseCancelled, InvalidRequest, InvalidToken, NotEnded, NotFound
from tests.servers import running

pytestmark = pytest.mark.anyio


class Human:
    """Is told of each case, and answers it."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[OpenCase] = asyncio.Queue()

    def __call__(self, case: OpenCase) -> None:
        self._told.put_nowait(case)

    async def is_asked(self) -> OpenCase:
        """Wait for the next question."""
        return await self._told.get()

    async def answers(self, action: str, data=None) -> None:
        """Wait for the next question and answer it."""
        await answer(await self.is_asked(), action, data)


async def answer(case: OpenCase, action: str, data=None) -> None:
    """Send what the page of a case would send."""
    parts = urlsplit(case.review_url)
    url = f"{parts.scheme}://{parts.netloc}/reviews/{case.case_id}/respond?{parts.query}"
    async with httpx2.AsyncClient(trust_env=False) as browser:
        response = await browser.post(url, json={"action": action, "data": data or {}})
    assert response.status_code == 200, response.text


@pytest.fixture
def human():
    return Human()


@pytest.fixture
async def hitl(server, human):
    async with HITL(server.url, server.agent_key, announce=human) as hitl:
        yield hitl


async def test_every_typed_call_round_trips(hitl, human):
    async def asked(question, action, data):
        decision, _ = await asyncio.gather(question, human.answers(action, data))
        assert decision.outcome is Outcome.ANSWERED
        assert decision.action == action
        return decision

    approval = await asked(hitl.approve("Deploy?", {"title": "Plan", "content": "x"}), "approve", {})
    assert approval.approved
    edited = await asked(hitl.approve("Send?", "Dear all"), "edit", {"edits": {"content": "Dear alice"}})
    assert edited.approved_with_edits
    assert edited.data["edits"]["content"] == "Dear alice"
    chosen = await asked(hitl.select("Which?", ["a", "b"], maximum=1), "select", {"selected": ["b"]})
    assert chosen.data["selected"] == ["b"]
    form = [{"key": "pin", "label": "PIN", "type": "text", "sensitive": True}]
    filled = await asked(hitl.ask("PIN?", form), "submit", {"pin": "1234"})
    assert filled.data == {"pin": "1234"}, "the event leaves it out, the poll has it"
    assert (await asked(hitl.confirm("Send 2 e-mails?", ["one", "two"]), "confirm", {})).approved
    failed = hitl.escalate("What now?", "The build broke.", params={"retries": 1})
    retried = await asked(failed, "retry", {"modified_params": {"retries": 3}})
    assert retried.data["modified_params"] == {"retries": 3}


async def test_words_and_choices_come_back_as_text(hitl, human):
    words, _ = await asyncio.gather(
        hitl.request_input("Which branch?"), human.answers("submit", {"answer": "main"})
    )
    assert words == "main"
    choice, _ = await asyncio.gather(
        hitl.request_input("Where?", ["Staging", "Production"]),
        human.answers("select", {"selected": ["Staging"]}),
    )
    assert choice == "Staging"


async def test_an_answer_arrives_within_a_second_of_its_submit(hitl, human):
    waiting = asyncio.create_task(hitl.approve("Deploy?"))
    await human.answers("approve")
    async with asyncio.timeout(1):
        assert (await waiting).approved


async def test_the_wait_survives_a_restart_of_the_real_server(tmp_path, human):
    troubled = asyncio.Event()
    with running(tmp_path) as server:
        url = server.url
        hitl = HITL(url, server.agent_key, announce=human, on_update=lambda _: troubled.set())
        waiting = asyncio.create_task(hitl.approve("Deploy?"))
        case = await human.is_asked()
    async with hitl:
        await troubled.wait()
        with running(tmp_path, port=urlsplit(url).port):
            await answer(case, "approve")
            assert (await waiting).approved


async def test_a_case_cancelled_by_its_agent_ends_with_the_reason(hitl):
    case = await hitl.create("Deploy?", {"type": "approval", "context": {}})
    await hitl.cancel(case.case_id, "Decided elsewhere")
    decision = await hitl.wait(case.case_id)
    assert (decision.outcome, decision.reason) == (Outcome.CANCELLED, "Decided elsewhere")
    with pytest.raises(CaseCancelled):
        await hitl.cancel(case.case_id)


async def test_the_same_request_key_joins_the_same_case(hitl):
    question = {"type": "approval", "context": {}}
    one = await hitl.create("Deploy?", question, request_key="run-7")
    other = await hitl.create("Deploy?", question, request_key="run-7")
    assert one.case_id == other.case_id


async def test_a_question_asked_again_after_its_answer_is_a_new_one(hitl, human):
    question = {"type": "approval", "context": {}}
    first = await hitl.create("Deploy?", question, request_key="run-8")
    again = await hitl.create("Deploy?", question, request_key="run-8")
    await human.answers("approve")
    both = await asyncio.gather(hitl.wait(first), hitl.wait(again))
    assert [decision.case_id for decision in both] == [first.case_id] * 2
    second = await hitl.create("Deploy?", question, request_key="run-8")
    assert second.case_id != first.case_id
    await human.is_asked()
    await hitl.cancel(second.case_id)
    await hitl.wait(second.case_id)  # by its id alone, as after a restart
    assert (await hitl.create("Deploy?", question, request_key="run-8")).case_id != second.case_id


async def test_what_was_received_can_be_said_without_waiting(hitl, human):
    question = {"type": "approval", "context": {}}
    case = await hitl.create("Deploy?", question, request_key="run-9")
    with pytest.raises(NotEnded):
        await hitl.received(case.case_id)
    await human.answers("approve")
    await hitl.received(case.case_id)
    assert (await hitl.create("Deploy?", question, request_key="run-9")).case_id != case.case_id


async def test_people_are_told_what_wants_no_answer(server, hitl):
    told = await hitl.notify("Step 1 is done.", agent_name="Deployer")
    newest = server.agent.get("/api/v1/notices?limit=1").json()["notices"][0]
    assert (newest["id"], newest["message"]) == (told, "Step 1 is done.")
    assert newest["agent"] == "Deployer (agent-under-test)"
    with pytest.raises(InvalidRequest):
        await hitl.notify("")


def test_code_that_is_not_async_tells_and_receives_too(server):
    with SyncHITL(server.url, server.agent_key, announce=print) as hitl:
        assert hitl.notify("Done.").startswith("notice_")
        case = hitl.create("Deploy?", {"type": "approval", "context": {}}, request_key="run-11")
        hitl.cancel(case.case_id)
        hitl.received(case.case_id)


async def test_a_deadline_ends_the_wait_with_the_default_action(hitl):
    decision = await hitl.approve("Deploy?", timeout=timedelta(seconds=10), default_action="reject")
    assert (decision.outcome, decision.default_action) == (Outcome.EXPIRED, "reject")
    assert not decision.approved


async def test_refusals_are_the_servers_own_exceptions(server, hitl):
    with pytest.raises(InvalidRequest):
        await hitl.approve("x" * 501)
    with pytest.raises(NotFound):
        await hitl.wait("review_nothere")
    async with HITL(server.url, "hitla_" + "x" * 43) as stranger:
        with pytest.raises(InvalidToken):
            await stranger.approve("Deploy?")
