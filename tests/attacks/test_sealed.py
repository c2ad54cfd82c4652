"""A server that lies about what it carries: whatever it swaps, drops, moves or repeats, the agent notices.

Each lie is told a thousand times to what decides, and once over real HTTP.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from openhitl.agent import HITL
from openhitl.agent.sealed.people import read_recipients
from openhitl.agent.sealed.questions import Randomness, SealedQuestion, read_answer, seal
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from openhitl.client.pins import KnownPerson
from openhitl.errors import (
    AnotherIdentity,
    AnswerToAnother,
    DeviceListForked,
    DeviceListRolledBack,
    EnvelopeChanged,
    EnvelopeMoved,
    EnvelopeRefused,
    EnvelopeReplayed,
    InvalidDeviceList,
    InvalidEnvelope,
    NewPerson,
    NoDevice,
    PeerError,
    RenamedPerson,
    UnfitAnswer,
    UnknownSender,
    WrongDirection,
)
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.device_list import DeviceList, ListedDevice, follow, signed, statement_after
from openhitl.protocol.sealed.envelope import open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.timestamps import timestamp
from openhitl.server.opening import open_store
from openhitl.store.identity_schema import device_lists
from tests.attacks.hostile import hostile_server
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Device, Household, fresh_keys
from tests.servers import running

TRIES = 1_000
NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
EXPIRES = NOW + timedelta(hours=1)
ANA = "person:1"


class Person:
    """Somebody with devices, as their device list has them."""

    def __init__(self, person_id: str, name: str, devices: int) -> None:
        self.person_id, self.name = person_id, name
        self.devices = [Device(f"{name}'s device {number}") for number in range(devices)]
        self.lists: list[DeviceList] = []
        self.chain: list[dict[str, str]] = []
        for count in range(1, devices + 1):
            self.sign([device.listed for device in self.devices[:count]], self.devices[0])

    def sign(self, listed: list[ListedDevice], signer: Device) -> None:
        previous = self.lists[-1] if self.lists else None
        statement = statement_after(
            previous, person=self.person_id, devices=listed, signer=signer.sign_key, at=timestamp(NOW)
        )
        link = signed(statement, signer.sign.sign)
        self.lists.append(follow(previous, link, person=self.person_id))
        self.chain.append(link.wire)

    @property
    def known(self) -> KnownPerson:
        """What an agent remembers that has seen the latest list."""
        pin = self.lists[-1].pin
        return KnownPerson(
            person_id=self.person_id,
            name=self.name,
            identity=pin.identity,
            number=pin.number,
            digest=pin.digest,
        )

    def told(self, **lies: Any) -> dict[str, Any]:
        return {"person_id": self.person_id, "name": self.name, "chain": self.chain, **lies}


def read(*people: dict[str, Any], known: list[KnownPerson], names: tuple[str, ...] = ()) -> Any:
    body = {"case_id": "review_1", "people": list(people)}
    return read_recipients(body, {one.person_id: one for one in known}, names)


# -- whom to encrypt to -------------------------------------------------------------------------


def swapped_key(ana: Person, chance: random.Random) -> Any:
    """A device's key in one of the statements is the server's own."""
    at = chance.randrange(len(ana.chain))
    key = chance.choice([device.listed.box for device in ana.devices[: at + 1]])
    link = ana.chain[at]
    forged = {**link, "statement": link["statement"].replace(key, encode(fresh_keys().public))}
    return ana.told(chain=[*ana.chain[:at], forged, *ana.chain[at + 1 :]])


def added_device(ana: Person, chance: random.Random) -> Any:
    """A further statement adds a device of the server's, which has signed it."""
    intruder = Device("intruder")
    statement = statement_after(
        ana.lists[-1],
        person=ana.person_id,
        devices=[*ana.lists[-1].devices, intruder.listed],
        signer=chance.choice([intruder.sign_key, ana.devices[0].sign_key]),
        at=timestamp(NOW),
    )
    return ana.told(chain=[*ana.chain, signed(statement, intruder.sign.sign).wire])


def dropped_device(ana: Person, chance: random.Random) -> Any:
    """The newest statements are kept back, and with them a device."""
    return ana.told(chain=ana.chain[: -chance.randrange(1, len(ana.chain))])


def other_root(ana: Person, chance: random.Random) -> Any:
    """The server has made a whole list of its own."""
    return ana.told(chain=Person(ana.person_id, ana.name, len(ana.devices)).chain)


def forked(ana: Person, chance: random.Random) -> Any:
    """A device of hers has signed two statements of one number, and the agent has seen the other."""
    before = ana.lists[-2]
    statement = statement_after(
        before,
        person=ana.person_id,
        devices=list(before.devices),
        signer=chance.choice(before.devices).sign,
        at=timestamp(NOW + timedelta(seconds=chance.randrange(1, 1000))),
    )
    signer = next(one for one in ana.devices if one.sign_key in statement.split('"signer":"')[1])
    return ana.told(chain=[*ana.chain[:-1], signed(statement, signer.sign.sign).wire])


def list_of_another(ana: Person, chance: random.Random) -> Any:
    """Somebody else's list stands where hers was."""
    return ana.told(chain=Person("person:9", "Mallory", 2).chain)


LIES: list[tuple[Callable[[Person, random.Random], Any], type[InvalidDeviceList]]] = [
    (swapped_key, InvalidDeviceList),
    (added_device, InvalidDeviceList),
    (dropped_device, DeviceListRolledBack),
    (other_root, AnotherIdentity),
    (forked, DeviceListForked),
    (list_of_another, InvalidDeviceList),
]


@pytest.mark.parametrize(("lie", "error"), LIES)
def test_a_device_list_that_is_not_what_it_was_is_refused(lie, error):
    ana, chance = Person(ANA, "Ana", 3), random.Random(1)
    assert len(read(ana.told(), known=[ana.known]).devices) == 3
    for _ in range(TRIES):
        with pytest.raises(error):
            read(lie(ana, chance), known=[ana.known])


def test_nobody_is_added_renamed_or_put_into_the_place_of_another():
    ana, mallory = Person(ANA, "Ana", 2), Person("person:9", "Mallory", 1)
    known = [ana.known]
    with pytest.raises(NewPerson, match="Mallory"):
        read(ana.told(), mallory.told(), known=known)
    with pytest.raises(NewPerson, match="not asked for"):
        read(ana.told(), mallory.told(), known=known, names=("Ana",))
    with pytest.raises(AnotherIdentity):
        read(mallory.told(name="ANA"), known=known, names=("Ana",))
    with pytest.raises(RenamedPerson):
        read(ana.told(name="Bo"), known=known, names=("Bo",))
    assert len(read(mallory.told(), known=known, names=("mallory",)).readers) == 1
    assert len(read(ana.told(), mallory.told(), known=[]).readers) == 2
    with pytest.raises(PeerError, match="alike"):
        read(ana.told(), mallory.told(name="ana"), known=[])


def test_nobody_who_was_named_is_left_out():
    ana = Person(ANA, "Ana", 1)
    with pytest.raises(NoDevice, match="Bo"):
        read(ana.told(), {"person_id": "person:2", "name": "Bo", "chain": []}, known=[], names=("Ana", "Bo"))
    with pytest.raises(NoDevice, match="Bo"):
        read(ana.told(), known=[], names=("Ana", "Bo"))


# -- what is answered ---------------------------------------------------------------------------


class Talk:
    """An agent's question to two devices, and their answers."""

    def __init__(self, case_id: str = "review_1") -> None:
        self.agent, self.devices = fresh_keys(), [fresh_keys(), fresh_keys()]
        self.question, self.envelope = self.ask(case_id)

    def ask(self, case_id: str) -> tuple[SealedQuestion, dict[str, Any]]:
        body = {
            "prompt": "Deploy?",
            "type": "approval",
            "context": {},
            "default_action": "skip",
            "agent": "bot",
            "people": [],
        }
        head = Head(case_id=case_id, direction=Direction.REQUEST, expires_at=EXPIRES)
        names = {device.public: "Ana" for device in self.devices}
        drawn = Randomness(ephemeral=secrets.token_bytes(32), content_key=secrets.token_bytes(32))
        envelope, question = seal(head, body, self.agent, names, drawn)
        return question, envelope

    def answer(self, **changes: Any) -> dict[str, Any]:
        head = Head(
            case_id=changes.get("case_id", self.question.case_id),
            direction=changes.get("direction", Direction.ANSWER),
            expires_at=EXPIRES,
        )
        body = {"action": "approve", "data": {}, "request": self.question.digest}
        sender: Keys = changes.get("sender", self.devices[0])
        return dict(
            seal_envelope(
                head,
                {**body, **{name: value for name, value in changes.items() if name in body}},
                sender=sender,
                recipients={self.agent.public, *(device.public for device in self.devices)},
                ephemeral=fresh_keys(),
                content_key=secrets.token_bytes(32),
            )
        )

    def read(self, envelope: Any, question: SealedQuestion | None = None) -> str:
        checked, _ = read_answer(question or self.question, {"envelope": envelope}, self.agent)
        return checked.action


def test_the_answer_of_any_device_is_believed():
    talk = Talk()
    for device in talk.devices:
        assert talk.read(talk.answer(sender=device)) == "approve"


def test_an_answer_to_another_case_is_not_moved_to_this_one():
    talk = Talk()
    other, _ = talk.ask("review_2")
    for _ in range(TRIES):
        with pytest.raises(EnvelopeMoved):
            talk.read(talk.answer(), other)


def test_an_answer_to_another_question_of_the_same_case_is_not_repeated():
    talk = Talk()
    answer, again = talk.answer(), talk.ask("review_1")[0]
    for _ in range(TRIES):
        with pytest.raises(AnswerToAnother):
            talk.read(answer, again)


def test_nobody_answers_who_could_not_read_the_question():
    talk = Talk()
    for _ in range(TRIES):
        with pytest.raises(UnknownSender):
            talk.read(talk.answer(sender=fresh_keys()))


def test_neither_the_question_nor_a_draft_is_an_answer():
    talk = Talk()
    for _ in range(TRIES):
        with pytest.raises(WrongDirection):
            talk.read(talk.answer(direction=Direction.DRAFT))
    with pytest.raises(UnknownSender):
        talk.read(talk.envelope)


def test_whatever_is_changed_on_the_way_is_noticed():
    talk, chance = Talk(), random.Random(2)
    for _ in range(TRIES):
        envelope = talk.answer()
        name = chance.choice(["sender", "ephemeral", "box", "keys"])
        if name == "keys":
            place = chance.randrange(len(envelope["keys"]))
            envelope["keys"][place] = {**envelope["keys"][place], chance.choice(["to", "key"]): ""}
            envelope["keys"][place].update(to=encode(fresh_keys().public))
        else:
            raw = bytearray(decode(envelope[name]))
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            envelope[name] = encode(bytes(raw))
        with pytest.raises(EnvelopeRefused):
            talk.read(envelope)


def test_a_device_that_was_dropped_from_a_question_shows_on_every_other():
    talk, chance = Talk(), random.Random(3)
    for _ in range(TRIES):
        left = list(talk.envelope["keys"])
        reader = chance.choice(talk.devices)
        others = [one for one in left if one["to"] != encode(reader.public)]
        left.remove(chance.choice(others))
        with pytest.raises(EnvelopeChanged):
            open_envelope(
                {**talk.envelope, "keys": left},
                reader,
                senders={talk.agent.public},
                case_id="review_1",
                direction=Direction.REQUEST,
            )


def test_an_answer_is_read_long_after_the_deadline_of_its_question():
    """What keeps old answers from counting for new questions is the question that each of them names."""
    talk = Talk()
    assert datetime.now(UTC) - EXPIRES > timedelta(days=7)
    assert talk.read(talk.answer()) == "approve"
    asked_again, _ = talk.ask(talk.question.case_id)
    with pytest.raises(AnswerToAnother):
        talk.read(talk.answer(), asked_again)


def test_an_answer_has_to_be_one_that_the_question_takes():
    talk = Talk()
    for wrong in ({"action": "confirm"}, {"data": {"edits": {"content": "x"}}}, {"data": {"other": 1}}):
        with pytest.raises(UnfitAnswer):
            talk.read(talk.answer(**wrong))
    for malformed in ({"action": 7}, {"data": []}):
        with pytest.raises(InvalidEnvelope):
            talk.read(talk.answer(**malformed))
    for no_envelope in (None, "AAAA", {"v": 2}, {"v": 3}):
        with pytest.raises(EnvelopeRefused):
            talk.read(no_envelope)


# -- over HTTP ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.fixture
def ana(server, tmp_path):
    ana = sign_in(server, f"Ana {tmp_path.name}", kind=SessionKind.TERMINAL)
    owned_agent(server, ana)
    household = Household(server, ana)
    household.add("phone")
    household.add("laptop")
    return household


@pytest.fixture
def hitl(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    config = ClientConfig(server_url=server.url, api_key=server.agent_key, logins=Logins(tmp_path / "config"))
    return HITL(config=config, e2ee=True, announce=lambda case: None)


def lie(server, statement):
    """Change what the server has stored."""
    store, _ = open_store(server.settings)
    try:
        with store._database.writing() as connection:
            connection.execute(statement)
    finally:
        store.close()


async def answered(ana, hitl, prompt="Deploy?"):
    """Ask, have the phone answer; return the answer's envelope."""
    case = await hitl.create(prompt, {"type": "approval", "context": {}})
    opened, _ = await asyncio.to_thread(ana.read, ana.devices[0], case.case_id)
    envelope = ana.sealed_answer(ana.devices[0], opened, "approve", {})
    await asyncio.to_thread(ana.respond, case.case_id, {"envelope": envelope})
    assert (await hitl.wait(case)).approved
    return envelope


@pytest.mark.anyio
async def test_over_http_an_answer_is_not_repeated_for_another_case(ana, hitl):
    async with hitl:
        replayed = await answered(ana, hitl)
        case = await hitl.create("Delete everything?", {"type": "approval", "context": {}})
        await asyncio.to_thread(ana.respond, case.case_id, {"envelope": replayed})
        with pytest.raises(EnvelopeMoved):
            await hitl.wait(case)


@pytest.mark.anyio
async def test_over_http_nobody_answers_with_a_key_of_the_servers(ana, hitl):
    async with hitl:
        case = await hitl.create("Deploy?", {"type": "approval", "context": {}})
        opened, _ = await asyncio.to_thread(ana.read, ana.devices[0], case.case_id)
        forged = ana.sealed_answer(Device("intruder"), opened, "approve", {})
        await asyncio.to_thread(ana.respond, case.case_id, {"envelope": forged})
        with pytest.raises(UnknownSender):
            await hitl.wait(case)


@pytest.mark.anyio
async def test_over_http_a_device_is_neither_swapped_nor_dropped(ana, hitl, server):
    theirs = device_lists.c.person_id == ana.owner.person.person_id
    newest = theirs & (device_lists.c.number == 2)
    link = ana.links[1]
    swapped = link.statement.replace(ana.devices[1].listed.box, encode(fresh_keys().public))
    async with hitl:
        await answered(ana, hitl)
        lie(server, update(device_lists).where(newest).values(statement=swapped))
        with pytest.raises(InvalidDeviceList, match="Ana"):
            await hitl.create("Deploy?", {"type": "approval", "context": {}})
        lie(server, delete(device_lists).where(newest))
        with pytest.raises(DeviceListRolledBack):
            await hitl.create("Deploy?", {"type": "approval", "context": {}})
        lie(server, delete(device_lists).where(theirs))
        anew = Device("anew")
        statement = statement_after(
            None, person=ana.person, devices=[anew.listed], signer=anew.sign_key, at=timestamp(NOW)
        )
        made = signed(statement, anew.sign.sign)
        values = {
            "person_id": ana.owner.person.person_id,
            "number": 1,
            "statement": made.statement,
            "signature": made.signature,
            "created_at": 0,
        }
        lie(server, device_lists.insert().values(values))
        with pytest.raises(AnotherIdentity) as refused:
            await hitl.create("Deploy?", {"type": "approval", "context": {}})
    assert "hitl keys forget" in refused.value.hint


@pytest.mark.anyio
async def test_over_http_yesterdays_yes_is_not_given_to_todays_question(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with hostile_server(tmp_path / "data") as (server, hostile):
        ana = sign_in(server, kind=SessionKind.TERMINAL)
        owned_agent(server, ana)
        household = Household(server, ana)
        household.add("phone")
        config = ClientConfig(
            server_url=server.url, api_key=server.agent_key, logins=Logins(tmp_path / "config")
        )
        async with HITL(config=config, e2ee=True, announce=lambda case: None) as hitl:
            await answered(household, hitl)
            hostile.repeats = "/api/v1/reviews"
            with pytest.raises(EnvelopeReplayed):
                await hitl.create("Deploy?", {"type": "approval", "context": {}})
            hostile.repeats = ""
            case = await hitl.create("Deploy?", {"type": "approval", "context": {}}, request_key="deploy")
            await asyncio.to_thread(household.answer, household.devices[0], "approve")
            assert (await hitl.wait(case)).approved
            # Joining is what the key is for, but not once its end was told.
            hostile.repeats = "/api/v1/reviews"
            with pytest.raises(EnvelopeReplayed):
                await hitl.create("Deploy?", {"type": "approval", "context": {}}, request_key="deploy")
