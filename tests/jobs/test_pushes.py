"""Who is told what by Web Push, and what becomes of pushes that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import insert

from openhitl.cases import Casebook
from openhitl.cases.creation import Creation
from openhitl.identity.push import PushDesk, PushSender
from openhitl.jobs import Worker
from openhitl.jobs.push_texts import Writer
from openhitl.jobs.pushes import Push, Tell
from openhitl.keyring import Keyring
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import Actor, ActorKind, Status
from openhitl.protocol.lifecycle import Effect
from openhitl.protocol.people import Method, Role, SessionKind, SignedIn, person_actor
from openhitl.protocol.push.choices import PushChoices, Shows
from openhitl.protocol.push.messages import encoded
from openhitl.protocol.submission import Submission
from openhitl.store.identity_schema import devices
from openhitl.store.instants import to_ms
from openhitl.store.people import NewPerson
from openhitl.store.records import Notice, StoredCase
from openhitl.store.sessions import NewSession
from tests.cases.books import SECRET, MovableClock, opened
from tests.protocol.values import NOW, answer, case, content
from tests.push.push_service import Browser, PushService, running

HOME = "https://hitl.example"
CONTACT = "mailto:ops@example.org"
LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def service(clock):
    with running(clock) as service:
        yield service
        assert service.complaints == []


class Office:
    """A casebook with a worker that pushes, an agent, and people with browsers."""

    def __init__(self, book: Casebook, outbound: OutboundHttp, service: PushService) -> None:
        self.book = book
        self.clock = book.clock
        self.store = book.ledger.store
        self.service = service
        keyring = Keyring(bytes.fromhex(SECRET))
        sender = PushSender(keyring, outbound, CONTACT, [service.host], clock=book.clock)
        self.desk = PushDesk(self.store, keyring, sender, run=book.ledger.read, clock=book.clock)
        doers = {Effect.TELL: Tell(book), Effect.PUSH: Push(book, self.desk, HOME)}
        self.worker = Worker(book, doers)
        self.agent_id = self.store.add_agent("bot", by=OPERATOR, now=self.now).agent_id

    @property
    def now(self):
        return self.clock()

    def person(self, name: str, *, role: Role = Role.MEMBER, owns: bool = True) -> SignedIn:
        person = self.store.add_person(NewPerson(name=name, role=role), by=OPERATOR, now=self.now)
        if owns:
            self.store.add_owner(self.agent_id, person.person_id, by=OPERATOR, now=self.now)
        return self.signed_in(person.person_id)

    def signed_in(self, person_id: int, token: bytes = b"") -> SignedIn:
        session = NewSession(
            kind=SessionKind.BROWSER,
            hash=token or f"{person_id}".encode(),
            method=Method.PASSKEY,
            device="test",
            expires_at=self.now + timedelta(days=30),
        )
        signed_in = self.store.add_session(person_id, session, now=self.now)
        assert signed_in is not None
        return signed_in

    def key(self, signed_in: SignedIn) -> None:
        """Give somebody a device that what is encrypted can be encrypted to."""
        at = to_ms(self.now)
        row = {"person_id": signed_in.person.person_id, "kind": "browser", "name": "phone"}
        keys = {"box_key": "box key", "sign_key": "sign key", "created_at": at, "seen_at": at}
        with self.store._database.writing() as connection:
            connection.execute(insert(devices).values(**row, **keys))

    async def told(self, signed_in: SignedIn) -> Browser:
        browser = self.service.browser()
        await self.desk.subscribe(signed_in, browser.subscription, language="en")
        return browser

    async def ask(self, **body) -> str:
        agent = Actor(kind=ActorKind.AGENT, id=f"agent:{self.agent_id}", name="bot")
        given = {"type": "confirmation", "prompt": "Go on?", "timeout": "2d", **body}
        made = await self.book.create(given, Creation(actor=agent, agent_id=self.agent_id))
        return made["hitl"]["case_id"]

    async def answer(self, case_id: str, who: SignedIn) -> None:
        person = who.person
        await self.book.submit(
            case_id, Submission(action="confirm", data={}), person_actor(person.person_id, person.name)
        )

    async def work(self) -> int:
        attempts = 0
        while started := await self.worker.sweep():
            attempts += started
        return attempts

    def choose(self, who: SignedIn, shows: str) -> None:
        self.store.change_settings(who.person.person_id, {"push_shows": shows})

    def jobs(self) -> list[str]:
        return self.store.due_destinations(self.now + timedelta(days=9), 100)

    def last_error(self, who: SignedIn) -> str | None:
        [one] = self.store.subscriptions_of(who.person.person_id, self.now)
        return one.last_error


@asynccontextmanager
async def office(
    database_url, clock, folder, service, *, subject=CONTACT, allowed=LOOPBACK
) -> AsyncIterator[Office]:
    outbound = OutboundHttp(Guard(allowed), timeout_seconds=5)
    try:
        async with opened(database_url, clock, folder) as book:
            yield Office(book, outbound, service)
    finally:
        await outbound.close()


def test_who_may_answer_is_told_and_then_of_the_end(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana, ben, eve = desk.person("Ana"), desk.person("Ben"), desk.person("Eve", owns=False)
            phone, laptop = await desk.told(ana), await desk.told(ana)
            bens, eves = await desk.told(ben), await desk.told(eve)
            desk.choose(ana, "title")
            case_id = await desk.ask()
            await desk.work()
            assert phone.shown == laptop.shown == {case_id: ("bot", "Go on?")}
            assert bens.shown == {case_id: ("A question waits for you", "Somebody has to confirm something")}
            [message] = phone.messages
            assert message["app_badge"] == 1
            assert message["notification"]["navigate"] == f"{HOME}/review/{case_id}"
            assert phone.requests[0]["urgency"] == "high"
            assert phone.requests[0]["ttl"] == str(2 * 24 * 3600)
            await desk.answer(case_id, ben)
            await desk.work()
            assert phone.shown == {case_id: ("Answered by Ben", "Go on?")}
            assert phone.messages[-1]["app_badge"] == 0
            assert phone.messages[-1]["notification"]["silent"]
            assert bens.shown == {case_id: ("Answered", "This question needs nobody any more")}
            assert eves.requests == []
            assert desk.jobs() == []
            assert len(phone.messages) == 2

    asyncio.run(scenario())


def test_where_nobody_is_told_nothing_is_written(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            case_id = await desk.ask()
            await desk.answer(case_id, ana)
            assert desk.jobs() == []
            assert not desk.book.effects.is_set()
            await desk.told(ana)
            await desk.ask()
            assert desk.jobs() == ["tell"]
            assert desk.book.effects.is_set()

    asyncio.run(scenario())


def test_people_who_mute_an_agent_or_went_away_are_not_told(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana, ben, eve = desk.person("Ana", role=Role.OWNER), desk.person("Ben"), desk.person("Eve")
            browsers = [await desk.told(one) for one in (ana, ben, eve)]
            mute(desk, ana)
            actor = person_actor(ben.person.person_id, "Ben")
            desk.store.end_sessions(ben.person.person_id, by=actor, now=desk.now)
            desk.store.disable_person(eve.person.person_id, by=OPERATOR, now=desk.now)
            await desk.ask()
            assert await desk.work() == 1
            assert [one.requests for one in browsers] == [[], [], []]
            desk.store.forget(desk.now, 100)
            assert desk.store.subscriptions_of(ben.person.person_id, desk.now) == []

    asyncio.run(scenario())


def mute(desk, who):
    from sqlalchemy import insert

    from openhitl.store.identity_schema import agent_mutes

    row = {"person_id": who.person.person_id, "agent_id": desk.agent_id, "created_at": 0}
    with desk.store._database.writing() as connection:
        connection.execute(insert(agent_mutes).values(row))


def test_a_reminder_calls_again(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            browser = await desk.told(desk.person("Ana"))
            reminder = (clock.now + timedelta(hours=1)).isoformat()
            case_id = await desk.ask(reminder_at=reminder)
            await desk.work()
            clock.move(hours=1)
            await desk.book.tick(case_id)
            await desk.work()
            assert [one["notification"]["title"] for one in browser.messages] == [
                "A question waits for you",
                "A question still waits for you",
            ]
            assert not browser.messages[-1]["notification"]["silent"]

    asyncio.run(scenario())


def test_what_ends_before_anybody_is_told_is_not_told(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            await desk.answer(await desk.ask(), ana)
            await desk.ask(timeout="10s")
            clock.move(seconds=10)
            await desk.work()
            assert browser.requests == []
            assert desk.jobs() == []

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(database_url, clock, tmp_path, service, status):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            dead, alive = await desk.told(ana), await desk.told(ana)
            dead.status = status
            await desk.ask()
            await desk.work()
            await desk.ask()
            await desk.work()
            assert (len(dead.requests), len(alive.messages)) == (1, 2)
            assert len(desk.store.subscriptions_of(ana.person.person_id, desk.now)) == 1
            assert desk.jobs() == []

    asyncio.run(scenario())


@pytest.mark.parametrize(("status", "headers", "pause"), [(429, {"retry-after": "120"}, 120), (500, {}, 1)])
def test_a_push_service_that_is_busy_is_asked_again_and_keeps_nobody_waiting(
    database_url, clock, tmp_path, service, status, headers, pause
):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana, ben = desk.person("Ana"), desk.person("Ben")
            busy, idle = await desk.told(ana), await desk.told(ben)
            busy.status, busy.headers = status, headers
            case_id = await desk.ask()
            await desk.work()
            assert (len(busy.requests), len(idle.messages)) == (1, 1)
            assert desk.last_error(ana) == f"The push service answered {status}."
            clock.move(seconds=pause - 0.5)
            assert await desk.work() == 0
            clock.move(seconds=0.5 + pause * 0.2)
            busy.status = 201
            await desk.work()
            assert list(busy.shown) == [case_id]
            assert desk.last_error(ana) is None

    asyncio.run(scenario())


def test_what_will_never_be_taken_is_not_tried_again(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            browser.status = 403
            await desk.ask()
            await desk.work()
            assert len(browser.requests) == 1
            assert desk.last_error(ana) == "The push service answered 403."
            assert desk.jobs() == []

    asyncio.run(scenario())


def test_a_push_that_comes_late_says_how_things_stand(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            case_id = await desk.ask()
            await desk.work()
            browser.status = 500
            await desk.book.cancel(case_id, Actor(kind=ActorKind.AGENT, id="agent:1"), reason="never mind")
            await desk.work()
            browser.status = 201
            clock.move(seconds=2)
            await desk.work()
            assert browser.shown == {case_id: ("Withdrawn", "This question needs nobody any more")}
            clock.move(hours=2)
            assert await desk.work() == 0

    asyncio.run(scenario())


def test_a_sealed_case_is_told_without_a_word_of_it(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            desk.choose(ana, "full")
            desk.key(ana)
            case_id = await desk.ask(type="x-sealed", prompt=None, context={"envelope": "c2Vj" * 20})
            await desk.work()
            assert browser.shown == {case_id: ("A question waits for you", "Open it to read it")}
            await desk.ask(prompt="Go on?", message="All of it.")
            await desk.work()
            assert browser.messages[-1]["notification"]["body"] == "Go on?\nAll of it."

    asyncio.run(scenario())


def test_sealed_cases_say_nothing_whatever_somebody_chose():
    writer = Writer(
        home=HOME,
        choices=PushChoices(shows=Shows.FULL, answers=True),
        badge=1,
        browser=1,
        token=lambda case_id, action: "t",
    )
    sealed = content(type="x-sealed", prompt="Secret?", message="Secret.", agent="Secret")
    asked = StoredCase(case=case(), content=sealed)
    over = StoredCase(case=case(Status.COMPLETED), content=sealed, answer=answer(name="Secret"))
    for message in (writer.question(asked), writer.ending(over)):
        assert "Secret" not in encoded(message).decode()
    plain = StoredCase(case=case(), content=content(prompt="Go on?", message="All of it."))
    assert writer.question(plain).body.startswith("Go on?\nAll of it.")
    told = Notice(
        number=1, agent_id=1, kind="info", message="Secret", agent="Secret", created_at=NOW, envelope="x"
    )
    assert "Secret" not in encoded(writer.notice(told)).decode()


def test_notices_are_told_to_the_agents_people(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            owner = desk.person("Olga", role=Role.OWNER, owns=False)
            nobodys = await desk.told(owner)
            desk.choose(owner, "title")
            first = desk.store.add_notice(desk.agent_id, "info", "All done.", "bot", desk.now)
            await desk.work()
            assert nobodys.shown == {f"notice_{first.number}": ("bot", "All done.")}
            ana = await desk.told(desk.person("Ana"))
            second = desk.store.add_notice(desk.agent_id, "info", "Again.", "bot", desk.now)
            await desk.work()
            assert list(ana.shown) == [f"notice_{second.number}"]
            assert ana.shown[f"notice_{second.number}"][0] == "An agent tells you something"
            assert len(nobodys.messages) == 1
            assert desk.jobs() == []

    asyncio.run(scenario())


def test_a_browser_that_changes_hands_is_told_nothing_more_of_the_first(
    database_url, clock, tmp_path, service
):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana, ben = desk.person("Ana"), desk.person("Ben", owns=False)
            browser = await desk.told(ana)
            case_id = await desk.ask()
            await desk.work()
            await desk.desk.subscribe(ben, browser.subscription, language="en")
            await desk.answer(case_id, ana)
            await desk.ask()
            await desk.work()
            assert len(browser.messages) == 1
            assert desk.store.subscriptions_of(ana.person.person_id, desk.now) == []

    asyncio.run(scenario())


def test_a_service_that_the_operator_no_longer_allows_is_not_called(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service, allowed=()) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            await desk.ask()
            await desk.work()
            assert browser.requests == []
            assert desk.last_error(ana) == "127.0.0.1 may not be called from this server."
            desk.desk.sender._services = ()
            await desk.ask()
            await desk.work()
            assert desk.last_error(ana) == "One or more fields are not valid."
            assert desk.jobs() == []

    asyncio.run(scenario())


def test_a_server_that_nobody_can_reach_pushes_nothing(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            browser = await desk.told(desk.person("Ana"))
            desk.desk.sender.is_on = False
            await desk.ask()
            await desk.work()
            assert browser.requests == []
            assert desk.jobs() == []

    asyncio.run(scenario())


def test_a_purged_case_leaves_nothing(database_url, clock, tmp_path, service):
    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            case_id = await desk.ask()
            await desk.work()
            browser.status = 500
            await desk.answer(case_id, ana)
            await desk.work()
            clock.move(days=1)
            assert desk.store.purge(desk.now, 10) == 1
            browser.status = 201
            await desk.work()
            assert len(browser.messages) == 1
            assert not desk.store.was_told(1, case_id)

    asyncio.run(scenario())


def buttons(browser: Browser) -> list[str]:
    return [one["action"] for one in browser.messages[-1]["notification"]["actions"]]


LOW = {"risk": {"level": "low", "reasons": ["8 EUR"]}}
SMALL = {"type": "approval", "prompt": "Order tea?", "context": LOW}
WILLING = {"push_shows": "full", "push_answers": True}


@pytest.mark.parametrize(
    ("chosen", "body", "offered"),
    [
        ({}, SMALL, ["open", "later"]),
        ({"push_shows": "title", "push_answers": True}, SMALL, ["open", "later"]),
        ({"push_shows": "full"}, SMALL, ["open", "later"]),
        (WILLING, SMALL, ["reject", "approve"]),
        (WILLING, {"type": "approval", "prompt": "Order tea?"}, ["open", "later"]),
        (WILLING, {**SMALL, "context": {"risk": {"level": "high", "reasons": []}}}, ["open", "later"]),
        (WILLING, {**SMALL, "context": {**LOW, "facts": {"price": 8}}}, ["open", "later"]),
        (WILLING, {**SMALL, "prompt": "x" * 200}, ["open", "later"]),
    ],
)
def test_only_small_questions_are_answered_by_a_button_and_only_where_somebody_wants_that(
    database_url, clock, tmp_path, service, chosen, body, offered
):
    """Deciding buttons only where the whole content is on the screen."""

    async def scenario():
        async with office(database_url, clock, tmp_path, service) as desk:
            ana = desk.person("Ana")
            browser = await desk.told(ana)
            desk.store.change_settings(ana.person.person_id, chosen)
            await desk.ask(**body)
            await desk.work()
            assert buttons(browser) == offered
            notification = browser.messages[-1]["notification"]
            assert set(notification["data"]["tokens"]) == set(offered) - {"open"}
            if offered == ["reject", "approve"]:
                assert notification["body"] == "Order tea?\nRisk: low. 8 EUR"

    asyncio.run(scenario())
