"""A terminal that is added later reads what came before, as another device has handed it over."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from openhitl.cli.enrolling import first_keys
from openhitl.cli.enrolling import handed_over as beside
from openhitl.client.device_keys import DeviceKeys
from openhitl.client.pins import Pins
from openhitl.client.session import Session
from openhitl.errors import DeviceListOfAnother, InvalidDeviceList, SetupError
from openhitl.person.device import Device
from openhitl.person.handing import hand_over
from openhitl.person.inbox import Inbox
from openhitl.person.own_list import known_of
from openhitl.person.screen.app import InboxApp
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.people import SessionKind
from openhitl.protocol.sealed.device_list import ListedDevice, follow, read_chain, signed, statement_after
from openhitl.protocol.sealed.handed import hand_over as handed_over
from tests.people import sign_in
from tests.person.desks import opened_desk
from tests.person.pilots import Seat
from tests.person.test_sealed import asked_for, encrypting
from tests.sealed.devices import fresh_keys

pytestmark = pytest.mark.anyio
SECRET = "Which branch do we cut?"


@pytest.fixture
def sealed_desk(tmp_path):
    with opened_desk(tmp_path / "data") as desk:
        yield desk


class Home:
    """Ana's first terminal, which was asked something, and a second one that came later."""

    def __init__(self, desk, tmp_path):
        self.desk = desk
        self.tmp_path = tmp_path
        self.first = desk.programs(tmp_path, desk.ana)
        self.later = sign_in(desk.server, "Ana", kind=SessionKind.TERMINAL)
        self.second = desk.programs(tmp_path / "second", self.later)
        self.device = Device.of(desk.config(tmp_path, desk.ana))
        self.number = 0

    def config(self, *, is_second=False):
        if is_second:
            return self.desk.config(self.tmp_path / "second", self.later)
        return self.desk.config(self.tmp_path, self.desk.ana)

    async def begin(self):
        assert (await self.first.run("inbox", "--device")).code == 0

    async def add_second(self):
        """Let the second come in, and the first sign that it is one of Ana's devices."""
        told = json.loads((await self.second.run("inbox", "--device", "--json")).out)
        assert told["listed"] is False
        sign(self.desk, Device.of(self.config()), lambda listed: [*listed, self.second_listed()])

    def second_listed(self):
        return Device.of(self.config(is_second=True)).listed("second")

    async def shown(self, case_id, *, by=None):
        done = await (by or self.second).run("show", case_id, "--as", "person")
        return " ".join(done.out.split())


def sign(desk, device, change):
    told = desk.ana.http.get("/api/v1/device-list").json()
    before = read_chain(told["chain"], person=told["person"])
    own = device.listed("first")
    link = signed(
        statement_after(
            before,
            person=before.person,
            devices=change(before.devices),
            signer=own.sign,
            at="2026-02-20T10:00:00Z",
        ),
        device.sign,
    )
    follow(before, link, person=before.person)
    done = desk.ana.http.post("/api/v1/device-list", json=link.wire)
    assert done.status_code == 201, done.text


@pytest.fixture
async def home(sealed_desk, tmp_path):
    home = Home(sealed_desk, tmp_path)
    await home.begin()
    return home


async def test_a_terminal_that_came_later_reads_question_and_answer(home, tmp_path):
    async with encrypting(home.desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input(SECRET))
        case_id = await asked_for(home.desk)
        await home.add_second()
        before = await home.shown(case_id)
        assert "The message was not encrypted to this key." in before
        assert "open the inbox on a device of yours that can read it" in before
        assert SECRET not in before
        done = await home.first.run("inbox", "--hand-over")
        assert (done.code, done.out) == (0, "")
        assert done.err == "Handing over 1 encrypted questions…\n"
        after = await home.shown(case_id)
        assert SECRET in after
        assert "answer it on one that was" in after
        refused = await home.second.run("answer", case_id, "submit", "--field", "answer=x")
        assert (refused.code, "It was asked before this terminal" in refused.err) == (1, True)
        answered = await home.first.run("answer", case_id, "submit", "--field", "answer=the blue one")
        assert answered.code == 0, answered.err
        assert await asking == "the blue one"
    lacking = await home.shown(case_id)
    assert SECRET in lacking
    assert "The answer was not handed over to this terminal yet" in lacking
    assert "Answered by Ana" in lacking
    told = json.loads((await home.second.run("show", case_id, "--as", "person", "--json")).out)
    assert told["prompt"] == SECRET
    assert "not handed over" in told["encrypted"]["answer_trouble"]
    kept = await home.second.run("inbox", "--hand-over")
    assert (kept.code, kept.err) == (0, "Handing over 1 encrypted questions…\n"), "the question, to itself"
    assert (await home.first.run("inbox", "--hand-over")).code == 0
    ended = await home.shown(case_id)
    assert SECRET in ended
    assert "the blue one" in ended
    raw = json.dumps(home.desk.ana.http.get(f"/api/v1/inbox/{case_id}").json())
    assert "blue" not in raw
    # What it was handed it keeps for itself: the first may go.
    kept = await home.second.run("inbox", "--hand-over")
    assert (kept.code, kept.err) == (0, "Handing over 1 encrypted questions…\n")
    sign(home.desk, Device.of(home.config()), lambda listed: listed[1:])
    assert "the blue one" in await home.shown(case_id)


async def test_nothing_is_handed_over_where_nothing_is_lacking(home):
    done = await home.first.run("inbox", "--hand-over")
    assert (done.code, done.err) == (0, "Your other devices lack nothing that this terminal can read.\n")


async def test_a_terminal_that_is_not_on_the_list_hands_over_nothing(home):
    told = json.loads((await home.second.run("inbox", "--device", "--json")).out)
    assert told["listed"] is False
    done = await home.second.run("inbox", "--hand-over")
    assert done.code == 1
    assert "This terminal is not on your device list" in done.err
    assert f"open {home.desk.server.url}/devices there" in done.err
    assert await beside(home.config(is_second=True)) == "", "nobody has asked"


async def test_a_terminal_whose_enrolment_broke_off_is_told_what_to_do(home):
    config = home.config(is_second=True)
    DeviceKeys(config.logins.folder, config.server_url).make()
    done = await home.second.run("inbox", "--hand-over")
    assert done.code == 1
    assert "none of your devices yet" in done.err
    assert "hitl inbox --device" in done.err
    assert await beside(config) == ""
    assert "One of your other devices has to add it" in await first_keys(config), "it begins once more"
    assert await first_keys(config) == ""


class Older(Session):
    """A session with a server that has no such keys: what it is asked of them, it does not know."""

    async def exchange(self, request):
        return await super().exchange(replace(request, url=request.url.replace("/handed-keys", "/none")))


async def test_a_server_of_before_there_were_such_keys_is_named(home):
    async with Older(home.config().credential) as session:
        with pytest.raises(SetupError, match="older than this program"):
            await hand_over(Inbox(home.config(), session))


async def test_what_is_handed_over_at_the_start_does_not_hold_up_the_screen(home):
    go = asyncio.Event()

    async def slow():
        await go.wait()
        return "That went wrong."

    app = InboxApp(home.config(), now=lambda: datetime.now(UTC), beside=slow)
    async with app.run_test(notifications=True) as pilot:
        seat = Seat(app, pilot)
        await seat.sees("0 waiting")
        go.set()
        await seat.sees("That went wrong.")


async def test_a_key_from_outside_of_the_list_is_not_taken(home, tmp_path):
    """A server that makes keys up, or hands out those of a device that was removed."""
    async with encrypting(home.desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input(SECRET))
        case_id = await asked_for(home.desk)
        await home.add_second()
        config, second = home.config(is_second=True), Device.of(home.config(is_second=True))
        async with Session(home.config().credential) as session:
            inbox = Inbox(home.config(), session)
            opened = (await inbox.case(case_id)).seal.question.opened
            devices = await inbox.devices()
        stranger = fresh_keys()
        made = handed_over(
            opened,
            sender=stranger,
            recipient=decode(second.key),
            ephemeral=fresh_keys(),
            content_key=secrets.token_bytes(32),
        )
        assert second.taken([{"direction": "request", "envelope": made}], devices, case_id) == {}
        claimed = {**made, "sender": devices.devices[0].box}
        good = {
            "direction": "request",
            "envelope": Device.of(home.config()).handing(opened, decode(second.key)),
        }
        for wrong in (
            {"direction": "answer", "envelope": claimed},
            {"direction": "other", "envelope": made},
            {"envelope": made},
            7,
        ):
            assert list(second.taken([wrong, good], devices, case_id)) == ["request"]
        asking.cancel()
        assert config.has_credential


async def test_a_server_that_names_somebody_else_is_handed_nothing(home):
    """It could have made their list, with a device of its own beside this one."""
    async with Session(home.config().credential) as session:
        inbox = Inbox(home.config(), session)
        own = await inbox.devices()
        thief = ListedDevice(
            name="x", kind="browser", box=encode(fresh_keys().public), sign=own.devices[0].sign
        )
        other = statement_after(
            None, person="person:999", devices=[thief], signer=thief.sign, at="2026-02-20T10:00:00Z"
        )
        false = follow(None, signed(other, home_sign(home)), person="person:999")
        Pins.own(home.tmp_path / "logins-Ana", home.desk.server.url).keep(known_of(false))
        with pytest.raises(DeviceListOfAnother):
            await inbox.devices()
        with pytest.raises(InvalidDeviceList):
            await hand_over(inbox, lambda count: None)


class Counting(Session):
    """A session that remembers what it has asked for."""

    def __init__(self, credential):
        super().__init__(credential)
        self.asked = []

    async def exchange(self, request):
        self.asked.append(request.url.rpartition("/")[2])
        return await super().exchange(request)


async def test_the_device_list_is_fetched_once_for_all_rows(home, tmp_path):
    async with encrypting(home.desk, tmp_path / "agent") as hitl:
        asking = [asyncio.create_task(hitl.request_input(SECRET)) for _ in range(2)]
        await asked_for(home.desk, [await asked_for(home.desk)])
        await home.add_second()
        assert (await home.first.run("inbox", "--hand-over")).code == 0
        config = home.config(is_second=True)
        async with Counting(config.credential) as session:
            cases = await Inbox(config, session).cases({"status": "open"}, limit=9)
        assert [one.prompt for one in cases] == [SECRET, SECRET]
        assert session.asked.count("device-list") == 1
        for one in asking:
            one.cancel()


async def test_a_terminal_that_has_signed_in_anew_hands_over_too(home, tmp_path):
    async with encrypting(home.desk, tmp_path / "agent") as hitl:
        asking = asyncio.create_task(hitl.request_input(SECRET))
        case_id = await asked_for(home.desk)
        await home.add_second()
        anew = home.desk.programs(tmp_path, sign_in(home.desk.server, "Ana", kind=SessionKind.TERMINAL))
        done = await anew.run("inbox", "--hand-over")
        assert (done.code, done.err) == (0, "Handing over 1 encrypted questions…\n")
        assert SECRET in await home.shown(case_id)
        asking.cancel()


def home_sign(home):
    return Device.of(home.config()).sign
