"""Asked twice is one question, asked again is another."""

from __future__ import annotations

import asyncio

import pytest

from openhitl.cases.creation import Creation
from openhitl.errors import IdempotencyMismatch, NotEnded, NotFound
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.questions import form_input, text_input
from openhitl.protocol.submission import Submission
from tests.cases.books import LINK, MovableClock, opened
from tests.store.desk import CHANGED

DEPLOY = {"type": "confirmation", "prompt": "Deploy?", "timeout": "24h"}
ADDRESS = {
    "type": "input",
    "prompt": "Where to?",
    "timeout": "24h",
    **{
        "context": form_input([{"key": key, "label": key, "type": "text"} for key in ("street", "town")])[
            "context"
        ]
    },
}
WORDS = {"type": "input", "prompt": "Deploy?", "timeout": "24h", "context": text_input()["context"]}
YES = Submission(action="confirm", data={})
FILLED = Submission(action="submit", data={"street": "1 Harbour Rd"})
SAID = Submission(action="submit", data={"answer": "yes"})

pytestmark = pytest.mark.anyio


class Agents:
    """Two agents who ask one casebook."""

    def __init__(self, book) -> None:
        self.book = book
        store = book.ledger.store
        self.ids = [
            (store.agent_named(name) or store.add_agent(name, **CHANGED)).agent_id for name in ("one", "two")
        ]

    async def ask(self, body=DEPLOY, key="deploy", agent=0) -> str:
        actor = Actor(kind=ActorKind.AGENT, id=f"agent:{self.ids[agent]}", name="Agent")
        creation = Creation(actor=actor, agent_id=self.ids[agent], request_key=key)
        return (await self.book.create(body, creation))["hitl"]["case_id"]

    async def received(self, case_id, agent=0) -> None:
        await self.book.received(case_id, self.ids[agent])


async def test_an_open_question_is_joined(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask()
        assert await agents.ask() == first
        others = {
            await agents.ask(key="other"),
            await agents.ask(agent=1),
            await agents.ask(WORDS, key="other words"),
        }
        assert len(others | {first}) == 4


async def test_all_who_ask_at_once_ask_one_question(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        made = set()
        for _ in range(3):  # each time the question before it is over
            [case_id] = set(await asyncio.gather(*(agents.ask() for _ in range(20))))
            await book.cancel(case_id, LINK, reason=None)
            made.add(case_id)
        assert len(made) == 3


async def test_processes_that_ask_at_once_ask_one_question(database_url, tmp_path):
    clock = MovableClock()
    async with opened(database_url, clock, tmp_path) as ours, opened(database_url, clock, tmp_path) as theirs:
        both = [Agents(ours), Agents(theirs)]
        for number in range(10):
            asked = (agents.ask(key=f"deploy {number}") for agents in both for _ in range(3))
            assert len(set(await asyncio.gather(*asked))) == 1


async def test_another_question_under_a_living_key_is_refused(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        await agents.ask()
        with pytest.raises(IdempotencyMismatch, match="belongs to another question"):
            await agents.ask({**DEPLOY, "prompt": "Deploy, please?"})


async def test_an_answer_is_kept_until_it_was_received(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask()
        await book.submit(first, YES, LINK)
        assert await agents.ask() == first
        await agents.received(first)
        second = await agents.ask({**DEPLOY, "prompt": "Deploy, please?"})
        assert second != first
        await agents.received(first)  # told twice: it ends no question but its own
        assert await agents.ask({**DEPLOY, "prompt": "Deploy, please?"}) == second


@pytest.mark.parametrize(
    ("body", "answer", "minutes"),
    [(DEPLOY, YES, 60), (WORDS, SAID, 60), (ADDRESS, FILLED, 23 * 60 + 50)],
    ids=["confirmation", "free text", "form"],
)
async def test_an_answer_that_nobody_fetches_is_forgotten(database_url, tmp_path, body, answer, minutes):
    """Design: one hour after the answer, a form at its deadline. Yesterday's yes is not today's."""
    clock = MovableClock()
    async with opened(database_url, clock, tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask(body)
        clock.move(minutes=10)
        await book.submit(first, answer, LINK)
        clock.move(minutes=minutes, seconds=-1)
        assert await agents.ask(body) == first
        clock.move(seconds=1)
        assert await agents.ask(body) != first


async def test_a_cancelled_question_may_be_asked_again_at_once(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask()
        await book.cancel(first, LINK, reason=None)
        assert await agents.ask() != first


async def test_that_nobody_answered_is_told_once(database_url, tmp_path):
    clock = MovableClock()
    async with opened(database_url, clock, tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask()
        clock.move(days=2)
        assert await agents.ask() == first
        await book.tick(first)
        assert await agents.ask() == first
        await agents.received(first)
        assert await agents.ask() != first


async def test_only_its_own_ended_cases_can_an_agent_have_received(database_url, tmp_path):
    async with opened(database_url, MovableClock(), tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask()
        with pytest.raises(NotEnded):
            await agents.received(first)
        await book.submit(first, YES, LINK)
        with pytest.raises(NotFound):
            await agents.received(first, agent=1)
        assert await agents.ask() == first


async def test_a_restart_loses_and_doubles_nothing(database_url, tmp_path):
    clock = MovableClock()
    async with opened(database_url, clock, tmp_path) as book:
        first = await Agents(book).ask()
    async with opened(database_url, clock, tmp_path) as book:
        assert await Agents(book).ask() == first
        await book.submit(first, YES, LINK)
    async with opened(database_url, clock, tmp_path) as book:
        assert await Agents(book).ask() == first


async def test_a_purged_question_is_asked_anew(database_url, tmp_path):
    clock = MovableClock()
    async with opened(database_url, clock, tmp_path) as book:
        agents = Agents(book)
        first = await agents.ask(ADDRESS)
        await book.submit(first, FILLED, LINK)
        clock.move(seconds=1)
        assert book.ledger.store.purge(clock(), 10) == 1
        assert await agents.ask(ADDRESS) != first
