"""Encrypted questions on a terminal: read, answered, and nothing believed that should not be."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import keyring
import pytest
from sqlalchemy import delete

from openhitl.agent import HITL
from openhitl.client.config import ClientConfig
from openhitl.client.device_keys import DeviceKeys
from openhitl.client.logins import Logins
from openhitl.client.pins import Pins
from openhitl.client.session import Session
from openhitl.errors import AnotherIdentity, InvalidDeviceList, InvalidEnvelope, SetupError
from openhitl.person.device import Device
from openhitl.person.enrolling import enroll
from openhitl.person.inbox import Inbox
from openhitl.person.sealed import open_question
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.case import ref_of
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.box import seal_box, write_key
from openhitl.protocol.sealed.envelope import seal_envelope
from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.server.opening import open_store
from openhitl.server.people_admin import roster
from openhitl.store.identity_schema import device_lists
from tests.client.folder_keyring import FolderKeyring
from tests.people import sign_in
from tests.person.bodies import RISKY
from tests.person.desks import Desk, opened_desk
from tests.person.pilots import seated
from tests.sealed.devices import Household, fresh_keys

pytestmark = pytest.mark.anyio
SECRET = "Approve the merger with Northwind"


@pytest.fixture
def sealed_desk(tmp_path):
    with opened_desk(tmp_path / "data") as desk:
        yield desk


def encrypting(desk: Desk, folder) -> HITL:
    config = ClientConfig(server_url=desk.server.url, api_key=desk.server.agent_key, logins=Logins(folder))
    return HITL(config=config, e2ee=True, announce=lambda case: None)


def waiting(desk: Desk) -> list[dict[str, Any]]:
    return desk.ana.http.get("/api/v1/inbox", params={"status": "open"}).json()["cases"]


async def asked_for(desk: Desk, but: Sequence[str] = ()) -> str:
    """Wait until something else is asked; return the case's id."""
    async with asyncio.timeout(30):
        while True:
            for case in await asyncio.to_thread(waiting, desk):
                if case["case_id"] not in but:
                    return str(case["case_id"])


async def test_a_terminal_becomes_a_device_and_says_its_six_words(sealed_desk, tmp_path):
    person = sealed_desk.programs(tmp_path, sealed_desk.ana)
    first = await person.run("inbox", "--device", "--json")
    assert (first.code, first.err) == (0, "")
    told = json.loads(first.out)
    assert told["listed"] is True
    assert len(told["words"].split()) == len(told["identity"].split()) == 6
    again = await person.run("inbox", "--device")
    assert again.out == f"This terminal  {told['words']}\nYour identity  {told['identity']}\n"
    [key_file] = (tmp_path / "logins-Ana").glob("device-*.json")
    assert key_file.stat().st_mode & 0o077 == 0
    [device] = sealed_desk.ana.http.get("/api/v1/devices").json()["devices"]
    assert device["kind"] == "terminal"


async def test_a_question_is_read_and_answered_and_the_server_sees_neither(sealed_desk, tmp_path):
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.approve(SECRET, context={"note": "Sign on Friday.", **RISKY}))
        case_id = await asked_for(desk)
        shown = await person.run("show", case_id, "--as", "person")
        assert f"│ {SECRET}\n" in shown.out
        assert "│ Note  Sign on Friday.\n" in shown.out
        assert "Its first encrypted request here" in " ".join(shown.out.split())
        told = json.loads((await person.run("show", case_id, "--as", "person", "--json")).out)
        assert (told["type"], told["encrypted"]["new"]) == ("approval", False)
        listed = await person.run("list", "--as", "person")
        assert SECRET in listed.out
        refused = await person.run("answer", case_id, "approve")
        assert (refused.code, refused.out) == (2, "")
        assert "give its reference code with --ref" in refused.err
        done = await person.run("answer", case_id, "edit", "--reason", "Not on a Friday.")
        assert done.out == f"Changes requested: {SECRET} (ref {ref_of(case_id)})\n"
        decision = await asking
    assert (decision.action, decision.data) == ("edit", {"feedback": "Not on a Friday."})
    raw = json.dumps(desk.ana.http.get(f"/api/v1/inbox/{case_id}").json())
    assert "Northwind" not in raw
    assert "Friday" not in raw
    after = await person.run("show", case_id, "--as", "person")
    assert "Changes requested by Ana" in after.out
    assert "Feedback   Not on a Friday." in after.out
    assert "first encrypted request" not in after.out


async def test_the_text_is_edited_in_an_editor_and_the_agent_gets_it_so(sealed_desk, tmp_path):
    desk, editor = sealed_desk, "sed -i s/Friday/Monday/"
    person = desk.programs(tmp_path, desk.ana, VISUAL=editor)
    assert (await person.run("inbox", "--device")).code == 0
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.approve(SECRET, {"title": "Mail", "content": "See you on Friday"}))
        case_id = await asked_for(desk)
        done = await person.run("answer", case_id, "edit", "--edit", "--reason", "It is a holiday")
        assert (done.code, done.out) == (0, f"Approved with edits: {SECRET} (ref {ref_of(case_id)})\n"), done
        decision = await asking
    assert decision.approved_with_edits
    assert decision.data == {"edits": {"content": "See you on Monday"}, "feedback": "It is a holiday"}
    after = (await person.run("show", case_id, "--as", "person")).out
    assert "Approved with edits by Ana" in after
    assert "It is a holiday" in after
    assert "See you on Monday" in after


async def test_it_is_answered_in_the_inbox_too(sealed_desk, tmp_path):
    desk = sealed_desk
    assert (await desk.programs(tmp_path, desk.ana).run("inbox", "--device")).code == 0
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input("Which branch?"))
        async with seated(desk, tmp_path, desk.ana) as seat:
            await seat.sees("Which branch?", "end to end; the agent's key:")
            await seat.press("enter", "a")
            await seat.sees("Send answers: Which branch?")
            await seat.type("the blue one")
            await seat.press("ctrl+s")
            await seat.sees("Answers sent: Which branch?")
        assert await asking == "the blue one"


async def test_without_keys_a_question_is_said_to_be_unreadable_and_takes_no_answer(sealed_desk, tmp_path):
    desk = sealed_desk
    elsewhere = sign_in(desk.server, "Ana", kind=SessionKind.TERMINAL)
    other = desk.programs(tmp_path / "elsewhere", elsewhere)
    assert (await desk.programs(tmp_path, desk.ana).run("inbox", "--device")).code == 0
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input("Which branch?"))
        case_id = await asked_for(desk)
        shown = await other.run("show", case_id, "--as", "person")
        assert "Not readable here. This terminal has no keys yet" in " ".join(shown.out.split())
        assert "Which branch?" not in shown.out
        done = await other.run("answer", case_id, "submit", "--field", "answer=x")
        assert done.code == 1
        assert "takes no answer here" in done.err
        second = json.loads((await other.run("inbox", "--device", "--json")).out)
        assert second["listed"] is False
        shown = await other.run("show", case_id, "--as", "person")
        assert "The message was not encrypted to this key." in " ".join(shown.out.split())
        asking.cancel()


async def test_another_key_of_an_agent_is_noticed_until_it_is_trusted(sealed_desk, tmp_path):
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    for folder, is_known in (("one", True), ("other", False)):
        async with encrypting(desk, tmp_path / folder) as hitl:
            asking = asyncio.create_task(hitl.request_input(f"From {folder}?"))
            case_id = await asked_for(desk)
            shown = " ".join((await person.run("show", case_id, "--as", "person")).out.split())
            assert (f"From {folder}?" in shown) is is_known
            if not is_known:
                assert "The agent's key is another than before." in shown
                trusted = await person.run("inbox", "--trust", case_id)
                assert trusted.err.startswith("From now on this key is one of the agent's: ")
            done = await person.run("answer", case_id, "submit", "--field", "answer=yes")
            assert done.code == 0, done.err
            assert await asking == "yes"


async def test_the_key_that_is_seen_first_is_that_of_the_first_case_that_is_opened(sealed_desk, tmp_path):
    """docs/envelopes.md: opened, not listed; and whether it was answered does not matter."""
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    asked = []
    for folder in ("one", "other"):
        async with encrypting(desk, tmp_path / folder) as hitl:
            asking = asyncio.create_task(hitl.request_input(f"From {folder}?"))
            asked.append(await asked_for(desk, but=asked))
            asking.cancel()
    listed = (await person.run("list", "--as", "person")).out
    assert "From one?" in listed
    assert "From other?" in listed
    first = await person.run("show", asked[1], "--as", "person")
    assert "From other?" in first.out
    refused = await person.run("answer", asked[0], "submit", "--field", "answer=x")
    assert refused.code == 1
    assert "The agent's key is another than before." in refused.err
    listed = (await person.run("list", "--as", "person")).out
    assert "From one?" not in listed
    assert "From other?" in listed


async def test_an_agent_that_was_new_when_its_case_was_opened_stays_so_while_it_is_read(
    sealed_desk, tmp_path
):
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    config = desk.config(tmp_path, desk.ana)
    async with encrypting(desk, tmp_path / "agent") as hitl, Session(config.credential) as session:
        asking = asyncio.create_task(hitl.request_input("Which branch?"))
        case_id, inbox = await asked_for(desk), Inbox(config, session)
        for _ in range(2):
            seal = (await inbox.open(case_id)).seal
            assert seal is not None
            assert seal.is_new
        later = (await Inbox(config, session).open(case_id)).seal
        assert later is not None
        assert not later.is_new
        asking.cancel()


async def test_what_hitl_cli_asks_is_read_and_answered_as_it_expects(sealed_desk, tmp_path):
    """Version 1 of the envelope, as hitl-cli 1.2.1 writes it."""
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    [device] = desk.ana.http.get("/api/v1/devices").json()["devices"]
    keys, asked = fresh_keys(), {"prompt": "Which one?", "choices": ["red", "blue"], "placeholder_text": None}
    agent = desk.server.agent
    own = agent.get("/api/v1/agents").json()[0]["id"]
    register = {"entity_type": "agent", "entity_id": own, "public_key": write_key(keys.public)}
    registered = agent.post("/api/v1/keys/register", json=register)
    assert registered.status_code == 200, registered.text
    payload = seal_box(json.dumps(asked), keys, decode(device["box"]), nonce=secrets.token_bytes(24))
    asking = asyncio.create_task(
        asyncio.to_thread(agent.post, "/api/v1/hitl/request/e2ee", json={"encrypted_payload": payload})
    )
    case_id = await asked_for(desk)
    shown = await person.run("show", case_id, "--as", "person")
    assert "│ Which one?\n" in shown.out
    assert agent_fingerprint(keys.public).split()[0] in shown.out
    done = await person.run("answer", case_id, "select", "--choose", "blue")
    assert done.code == 0, done.err
    response = await asking
    assert response.status_code == 200, response.text
    after = await person.run("show", case_id, "--as", "person", "--json")
    assert json.loads(after.out)["result"] == {"action": "submit", "data": {"response": "blue"}}


async def test_a_server_that_hands_out_another_device_list_is_found_out(sealed_desk, tmp_path):
    desk, config = sealed_desk, sealed_desk.config(tmp_path, sealed_desk.ana)
    household = Household(desk.server, desk.ana)
    async with Session(config.credential) as session:
        inbox = Inbox(config, session)
        assert (await enroll(config, inbox, "laptop")).is_listed
        emptied(desk)
        with pytest.raises(InvalidDeviceList, match="has lost the device list that was seen here before"):
            await enroll(config, inbox, "laptop")
        household.add("phone")
        with pytest.raises(AnotherIdentity):
            await enroll(config, inbox, "laptop")


async def test_a_question_that_names_another_device_list_of_the_same_number_is_refused(sealed_desk, tmp_path):
    """docs/envelopes.md: a device refuses a request whose `people` name a list that differs from its own."""
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    assert (await person.run("inbox", "--device")).code == 0
    own = Pins.own(tmp_path / "logins-Ana", desk.server.url)
    [known] = own.people().values()
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input("Which branch?"))
        case_id = await asked_for(desk)
        own.keep(
            replace(known, digest=encode(bytes(32)))
        )  # this terminal has seen another list than the agent
        shown = " ".join((await person.run("show", case_id, "--as", "person")).out.split())
        assert "Which branch?" not in shown
        assert "Not readable here. The agent was shown other devices of yours" in shown
        for command in (("answer", case_id, "submit", "--field", "answer=x"), ("inbox", "--trust", case_id)):
            refused = await person.run(*command)
            assert refused.code != 0
            assert "The agent was shown other devices of yours" in refused.err
        own.keep(replace(known, number=known.number + 1, digest=encode(bytes(32))))
        assert "Which branch?" in (await person.run("show", case_id, "--as", "person")).out
        asking.cancel()


@pytest.mark.parametrize(
    "people", [{}, [1], [{}], [{"person": "person:1", "number": True, "digest": ""}], [{"person": 1}], None]
)
def test_a_question_whose_device_lists_are_none_is_refused(people):
    agent, device = fresh_keys(), fresh_keys()
    head = Head(case_id="case", direction=Direction.REQUEST, expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    body = {"type": "input", "prompt": "Which?", "context": {}, "people": people}
    envelope = seal_envelope(
        head,
        body,
        sender=agent,
        recipients=[device.public],
        ephemeral=fresh_keys(),
        content_key=secrets.token_bytes(32),
    )
    sender = {"agent_id": "1", "agent": "agent", "key": encode(agent.public)}
    with pytest.raises(InvalidEnvelope, match=r"names (a device list|device lists) that"):
        open_question({"case_id": "case", "context": {"envelope": envelope}, "senders": [sender]}, device)


def emptied(desk: Desk) -> None:
    """Have the server forget Ana's device list."""
    store, _ = open_store(desk.server.settings)
    try:
        with store._database.writing() as connection:
            connection.execute(delete(device_lists))
    finally:
        store.close()


def test_a_terminal_without_keys_is_listed_nowhere_and_signs_nothing(sealed_desk, tmp_path):
    device = Device.of(sealed_desk.config(tmp_path, sealed_desk.ana))
    for step in (lambda: device.listed("laptop"), lambda: device.sign(b"statement")):
        with pytest.raises(SetupError, match="This terminal has no keys yet"):
            step()


def test_keys_that_were_damaged_are_no_reason_for_new_ones(tmp_path):
    keys = DeviceKeys(tmp_path / "keys", "http://localhost:4485")
    assert keys.find() is None
    made = keys.make()
    assert keys.make() == made
    assert encode(made.box) not in repr(made)
    [path] = (tmp_path / "keys").glob("device-*.json")
    for damaged in ("{", "[]", '{"v": 1}', '{"v": 1, "box": "AA==", "sign": "AA=="}'):
        path.write_text(damaged)
        with pytest.raises(SetupError, match="These are not the keys of a device"):
            keys.find()


def test_keys_may_lie_in_the_keyring_and_in_no_file(tmp_path, monkeypatch):
    before, ring = keyring.get_keyring(), tmp_path / "ring"
    ring.mkdir()
    monkeypatch.setenv("KEYRING_FOLDER", str(ring))
    keyring.set_keyring(FolderKeyring())
    try:
        keys = DeviceKeys(tmp_path / "keys", "http://localhost:4485")
        made = keys.make()
        assert keys.find() == made
        [path] = (tmp_path / "keys").glob("device-*.json")
        assert json.loads(path.read_text()) == {"v": 1, "kept": "keyring"}
        for kept in ring.iterdir():
            kept.unlink()
        with pytest.raises(SetupError, match="which does not have them now"):
            keys.find()
    finally:
        keyring.set_keyring(before)


async def test_what_cannot_be_read_says_why_it_takes_no_answer(sealed_desk, tmp_path):
    desk = sealed_desk
    assert (await desk.programs(tmp_path, desk.ana).run("inbox", "--device")).code == 0
    async with encrypting(desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.approve(SECRET))
        await asked_for(desk)
        async with seated(desk, tmp_path / "elsewhere", desk.ana, size=(160, 40)) as seat:
            await seat.sees("1 waiting", "This terminal has no keys yet")
            await seat.press("enter", "a")
            await seat.sees("This is encrypted and takes no answer here.")
            assert not seat.app.screen.is_modal
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_signing_in_again_keeps_the_device_and_signing_out_ends_it(sealed_desk, tmp_path):
    desk, person = sealed_desk, sealed_desk.programs(tmp_path, sealed_desk.ana)
    first = json.loads((await person.run("inbox", "--device", "--json")).out)
    for again in (True, False):
        link = login_link(desk)
        signed_in = await person.run("signin", stdin=f"{link}\n")
        assert signed_in.code == 0, signed_in.err
        done = await person.run("inbox", "--device", "--json")
        told = json.loads(done.out)
        assert (told["words"] == first["words"]) is again
        assert (told["identity"] == first["identity"]) is again
        assert told["listed"] is True
        out = await person.run("logout", "--as", "person")
        assert out.code == 0
        assert f"open {desk.server.url}/devices on another of your devices" in out.err
        assert list((tmp_path / "logins-Ana").glob("device-*.json")) == []


def login_link(desk: Desk) -> str:
    with roster(desk.server.settings) as people:
        return people.login_link("Ana")[1]
