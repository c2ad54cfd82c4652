"""Handed keys on the server: stored and forwarded for one person's devices, and for nobody else."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, update

from openhitl.identity.handing import EVERY, HANDS
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.people import Role, SessionKind
from openhitl.protocol.sealed.envelope import open_envelope
from openhitl.protocol.sealed.handed import MAX_AT_ONCE, hand_over, read_handed
from openhitl.protocol.sealed.head import Direction
from openhitl.server.opening import open_store
from openhitl.store.identity_schema import device_lists, handed_keys
from openhitl.store.schema import cases
from tests.people import owned_agent, sign_in
from tests.sealed.devices import Household, fresh_keys
from tests.sealed.test_server import AGENT, envelope, payload

KEYS = "/api/v1/handed-keys"
HOUR = timedelta(hours=1) // timedelta(milliseconds=1)


class Home(Household):
    """Somebody with a phone, whose agents ask it; a laptop comes later."""

    @property
    def name(self):
        return self.owner.person.name

    def ask(self, given=None, *, hours_ago=2):
        """Ask all devices that there are now, two hours ago; return the case's id."""
        told = self.server.service.get("/api/v1/recipients", params={"assignee": self.name}).json()
        given = given or envelope(self, told["case_id"])
        body = {"type": "x-sealed", "case_id": told["case_id"], "context": {"envelope": given}}
        made = self.server.service.post("/api/v1/reviews", json={**body, "assignees": [self.name]})
        assert made.status_code == 202, made.text
        case_id = made.json()["hitl"]["case_id"]
        self.change(
            update(cases)
            .where(cases.c.case_id == case_id)
            .values(created_at=cases.c.created_at - hours_ago * HOUR)
        )
        return case_id

    def change(self, statement):
        store, _ = open_store(self.server.settings)
        with store._database.writing() as connection:
            connection.execute(statement)
        store.close()

    def kept(self, case_id):
        """Count the keys that the server has of a case."""
        store, _ = open_store(self.server.settings)
        query = select(func.count()).select_from(handed_keys.join(cases)).where(cases.c.case_id == case_id)
        with store._database.reading() as connection:
            count = connection.execute(query).scalar_one()
        store.close()
        return count

    def opened(self, device, case_id, direction=Direction.REQUEST):
        told = self.show(case_id)
        if direction is Direction.REQUEST:
            given, senders = told["context"]["envelope"], {AGENT.public}
        else:
            given, senders = told["result"]["data"]["envelope"], {one.box.public for one in self.devices}
        keys = self.handed(device, case_id, direction) or device.box
        return open_envelope(given, keys, senders=senders, case_id=case_id, direction=direction)

    def handed(self, device, case_id, direction):
        """Read what a device was handed; None if that is nothing."""
        told = self.owner.http.get(f"{KEYS}/{case_id}", params={"device": device.listed.box})
        assert told.status_code == 200, told.text
        found = {one["direction"]: one["envelope"] for one in told.json()["keys"]}
        if direction not in found:
            return None
        listed = {decode(one.box) for one in self.list.devices}
        return read_handed(found[direction], device.box, devices=listed, case_id=case_id)

    def key(self, case_id, sender, recipient, direction=Direction.REQUEST):
        made = hand_over(
            self.opened(sender, case_id, direction),
            sender=sender.box,
            recipient=recipient.box.public,
            ephemeral=fresh_keys(),
            content_key=secrets.token_bytes(32),
        )
        return {"case_id": case_id, "direction": direction, "envelope": made}

    def hand(self, *keys):
        """Hand keys over from where their sender is signed in."""
        response = self.signed_in[keys[0]["envelope"]["sender"]].http.post(KEYS, json={"keys": keys})
        assert response.status_code == 200, response.text
        return response.json()["kept"]

    def lacking(self, device, **more):
        response = self.owner.http.get(KEYS, params={"device": device.listed.box, **more})
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
def home(server):
    who = sign_in(server, f"Cy {secrets.token_hex(4)}", Role.MEMBER, kind=SessionKind.TERMINAL)
    owned_agent(server, who)
    home = Home(server, who)
    home.add("phone")
    past = update(device_lists).where(device_lists.c.person_id == who.person.person_id)
    home.change(past.values(created_at=device_lists.c.created_at - 9 * HOUR))
    return home


def test_a_device_that_comes_later_is_handed_question_and_answer(home):
    [phone] = home.devices
    case_id = home.ask()
    assert home.lacking(phone) == {"cases": [], "next_cursor": None}
    laptop = home.add("laptop")
    assert home.lacking(phone)["cases"] == [case_id]
    assert home.lacking(laptop)["cases"] == [], "it has nothing to hand over"
    assert home.hand(home.key(case_id, phone, laptop)) == 1
    assert home.lacking(phone)["cases"] == []
    assert home.opened(laptop, case_id).body == {"prompt": "Deploy?"}
    question = home.opened(phone, case_id)
    home.respond(case_id, {"envelope": home.sealed_answer(phone, question, "approve", {})})
    assert home.lacking(phone)["cases"] == [case_id], "its answer is lacking now"
    assert home.hand(home.key(case_id, phone, laptop, Direction.ANSWER)) == 1
    assert home.lacking(phone)["cases"] == []
    assert home.opened(laptop, case_id, Direction.ANSWER).body["action"] == "approve"


def test_what_is_asked_while_a_device_comes_is_lacking_if_it_was_not_encrypted_to_it(home):
    """An agent may have fetched the list right before."""
    [phone] = home.devices
    before = home.ask(hours_ago=0)
    assert home.lacking(phone)["cases"] == []
    laptop = home.add("laptop")
    home.ask(hours_ago=0)
    assert home.lacking(phone)["cases"] == [before]
    assert home.lacking(laptop)["cases"] == []
    home.devices = [phone]
    overtaken = home.ask(hours_ago=0)
    home.devices = [phone, laptop]
    assert home.lacking(phone)["cases"] == [overtaken, before]


def test_what_a_device_was_handed_it_hands_to_itself_and_on(home):
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    home.hand(home.key(case_id, phone, laptop))
    assert home.lacking(laptop)["cases"] == [case_id]
    assert home.hand(home.key(case_id, laptop, laptop)) == 1
    assert home.lacking(laptop)["cases"] == []
    assert home.hand(home.key(case_id, phone, laptop)) == 0, "what it handed to itself stays"
    tablet = home.add("tablet")
    assert home.lacking(laptop)["cases"] == home.lacking(phone)["cases"] == [case_id]
    assert home.hand(home.key(case_id, laptop, tablet)) == 1
    assert home.hand(home.key(case_id, phone, tablet)) == 0, "it has it already"
    assert home.lacking(phone)["cases"] == []


def test_when_who_handed_it_over_is_gone_another_device_does(home):
    [phone] = home.devices
    case_id = home.ask()
    laptop, tablet = home.add("laptop"), home.add("tablet")
    home.hand(home.key(case_id, phone, laptop), home.key(case_id, phone, tablet))
    home.hand(home.key(case_id, laptop, laptop))
    revoke(home, phone)
    assert home.lacking(laptop)["cases"] == [case_id]
    assert home.hand(home.key(case_id, laptop, tablet)) == 1
    assert home.lacking(laptop)["cases"] == []


def revoke(home, device):
    told = home.owner.http.get("/api/v1/devices").json()["devices"]
    [number] = [one["id"] for one in told if one["box"] == device.listed.box]
    other = sign_in(home.server, home.name, Role.MEMBER, kind=SessionKind.TERMINAL)
    assert other.http.post(f"/api/v1/devices/{number}/revoke").status_code == 204
    home.owner = other


def test_a_revoked_device_is_handed_nothing_and_keeps_nothing(home):
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    home.hand(home.key(case_id, phone, laptop))
    revoke(home, laptop)
    assert home.kept(case_id) == 0
    assert home.hand(home.key(case_id, phone, laptop)) == 0
    assert home.lacking(phone)["cases"] == []
    assert home.lacking(laptop)["cases"] == []


def test_a_device_that_is_not_on_the_list_neither_hands_over_nor_gets_anything(home):
    [phone] = home.devices
    case_id = home.ask()
    unlisted = type(phone)("waits to be signed")
    keys = {"name": "x", "box": unlisted.listed.box, "sign": unlisted.sign_key}
    elsewhere = sign_in(home.server, home.name, Role.MEMBER, kind=SessionKind.TERMINAL)
    assert elsewhere.http.post("/api/v1/devices", json=keys).status_code == 201
    given = home.key(case_id, phone, unlisted)
    assert home.hand(given) == 0
    home.signed_in[unlisted.listed.box] = elsewhere
    made = hand_over(
        home.opened(phone, case_id),
        sender=unlisted.box,
        recipient=phone.box.public,
        ephemeral=fresh_keys(),
        content_key=secrets.token_bytes(32),
    )
    assert home.hand({**given, "envelope": made}) == 0
    assert home.kept(case_id) == 0


def test_nobody_else_puts_or_gets_a_key(home, bo):
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    given = home.key(case_id, phone, laptop)
    assert bo.http.post(KEYS, json={"keys": [given]}).json()["error"] == "device_unproven"
    home.hand(given)
    box = {"device": laptop.listed.box}
    assert bo.http.get(f"{KEYS}/{case_id}", params=box).status_code == 404
    assert bo.http.get(KEYS, params=box).json()["cases"] == []
    for agent in (home.server.agent, home.server.service, home.server.anyone):
        assert agent.get(KEYS, params=box).status_code in (401, 403)
        assert agent.get(f"{KEYS}/{case_id}", params=box).status_code in (401, 403)
        assert agent.post(KEYS, json={"keys": [given]}).status_code in (401, 403)
    assert home.kept(case_id) == 1


def test_of_somebody_elses_case_nothing_is_kept(home, ana):
    """Nor of one that there is not, or that is not encrypted."""
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    given = home.key(case_id, phone, laptop)
    theirs = {"type": "x-sealed", "context": {"envelope": envelope(ana)}, "assignees": ["Ana"]}
    plain = {"type": "approval", "prompt": "Go?", "assignees": [home.name], "assurance": "signed_in"}
    for body in (theirs, plain):
        made = home.server.service.post("/api/v1/reviews", json=body)
        assert made.status_code == 202, made.text
        assert home.hand({**given, "case_id": made.json()["hitl"]["case_id"]}) == 0
    assert home.hand({**given, "case_id": "review_none"}, given) == 1


def test_no_session_speaks_for_another_device(home):
    """Neither one of no device, nor one of another device of the same person."""
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    good = home.key(case_id, phone, laptop)
    home.hand(good)
    elsewhere = sign_in(home.server, home.name, Role.MEMBER, kind=SessionKind.TERMINAL)
    box = decode(good["envelope"]["box"])
    for sender in (phone, laptop):
        envelope = {**good["envelope"], "sender": sender.listed.box, "box": encode(bytes(len(box)))}
        for by in (elsewhere, home.signed_in[(laptop if sender is phone else phone).listed.box]):
            refused = by.http.post(KEYS, json={"keys": [{**good, "envelope": envelope}]})
            assert (refused.status_code, refused.json()["error"]) == (409, "device_unproven")
    assert home.opened(laptop, case_id).body == {"prompt": "Deploy?"}


def test_a_device_replaces_what_it_has_handed_over_itself(home):
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    good = home.key(case_id, phone, laptop)
    junk = {**good["envelope"], "box": encode(bytes(len(decode(good["envelope"]["box"]))))}
    assert home.hand({**good, "envelope": junk}) == 1
    assert home.hand(good) == 1
    assert home.opened(laptop, case_id).body == {"prompt": "Deploy?"}


def test_keys_are_not_handed_over_without_end(home):
    store, _ = open_store(home.server.settings)
    bucket, now = f"handed keys of {home.owner.person.person_id}", datetime.now(UTC)
    for _ in range(HANDS):
        assert store.take(bucket, every=EVERY, burst=HANDS, now=now + timedelta(minutes=5)) is None
    store.close()
    given = {"case_id": "review_x", "direction": "request", "envelope": envelope(home)}
    refused = home.owner.http.post(KEYS, json={"keys": [given]})
    assert (refused.status_code, refused.json()["error"]) == (429, "rate_limited")


def test_where_no_device_came_later_no_content_is_looked_at(home):
    """Which is how it mostly is, each time that an inbox is opened."""
    [phone] = home.devices
    home.ask()
    person = home.owner.person.person_id
    looked = []
    store, _ = open_store(home.server.settings)
    with store._database.reading() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", lambda *told: looked.append(told[2]))
    for _ in range(2):
        assert store.unhanded(person, phone.listed.box, before=None, limit=9) == []
        assert [said for said in looked if "contents" in said] == []
        if len(home.devices) == 1:
            home.add("laptop")
            since = update(device_lists).where(device_lists.c.person_id == person)
            home.change(since.values(created_at=device_lists.c.created_at - 9 * HOUR))
    store.close()


def test_pages_come_one_after_the_other(home):
    [phone] = home.devices
    made = [home.ask() for _ in range(3)]
    home.add("laptop")
    first = home.lacking(phone, limit=2)
    assert first["cases"] == [made[2], made[1]]
    assert home.lacking(phone, limit=2, cursor=first["next_cursor"]) == {
        "cases": [made[0]],
        "next_cursor": None,
    }


def test_what_an_older_program_asked_has_no_key_to_hand_over(home):
    [phone] = home.devices
    home.ask(payload(home))
    home.add("laptop")
    assert home.lacking(phone)["cases"] == []


def test_keys_go_with_their_case(home):
    [phone] = home.devices
    case_id = home.ask()
    laptop = home.add("laptop")
    given = home.key(case_id, phone, laptop)
    home.hand(given)
    question = home.opened(phone, case_id)
    home.respond(case_id, {"envelope": home.sealed_answer(phone, question, "approve", {})})
    store, _ = open_store(home.server.settings)
    assert store.purge(datetime.now(UTC) + timedelta(days=1), 1000) > 0
    store.close()
    assert home.kept(case_id) == 0
    assert home.hand(given) == 0
    assert home.lacking(phone)["cases"] == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"direction": "draft"}, "direction"),
        ({"direction": "key"}, "direction"),
        ({"case_id": 7}, "case_id"),
        ({"case_id": "x" * 129}, "case_id"),
        ({"envelope": None}, "envelope"),
        ({"envelope": "c2VjcmV0"}, "envelope"),
    ],
)
def test_what_is_no_handed_key_is_refused(ana, changes, path):
    given = {"case_id": "review_x", "direction": "request", "envelope": envelope(ana)}
    refused = ana.owner.http.post(KEYS, json={"keys": [{**given, **changes}]})
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, f"keys[0].{path}")


def test_too_many_too_large_or_to_nobody_is_refused(ana):
    many = {"case_id": "review_x", "direction": "request", "envelope": envelope(ana)}
    assert len(many["envelope"]["keys"]) == 2
    for keys, path in (
        ([], "keys"),
        (None, "keys"),
        ([many] * (MAX_AT_ONCE + 1), "keys"),
        ([many], "keys[0].envelope"),
        (["x"], "keys[0]"),
    ):
        refused = ana.owner.http.post(KEYS, json={"keys": keys})
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, path)
    for query in ({}, {"device": ""}, {"device": "\0"}, {"device": encode(bytes(32)), "limit": "0"}):
        assert ana.owner.http.get(KEYS, params=query).status_code == 422
