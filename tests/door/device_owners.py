"""People with devices, as programs see them."""

from __future__ import annotations

import itertools

from openhitl.protocol.base64url import encode
from openhitl.protocol.devices import DeviceKeys
from openhitl.protocol.people import Role, SessionKind
from openhitl.protocol.sealed.device_list import read_chain, signed, statement_after
from openhitl.protocol.sealed.possession import pairing_claim, session_claim
from tests.people import sign_in
from tests.protocol.sealed.households import AT, device

DEVICES, LIST, PAIRINGS = "/api/v1/devices", "/api/v1/device-list", "/api/v1/pairings"
TERMINAL = SessionKind.TERMINAL
_numbers = itertools.count(1)


def fresh(kind="browser"):
    """Make a device that nobody has yet."""
    return device(f"door {next(_numbers)}", kind=kind)


def somebody(server):
    """Sign a new person in, in a browser."""
    return sign_in(server, f"Person {next(_numbers)}", Role.MEMBER)


def again(server, who, kind=SessionKind.BROWSER):
    return sign_in(server, who.person.name, kind=kind)


def keys_of(one, **more):
    listed = one.listed
    return {"name": listed.name, "box": listed.box, "sign": listed.sign, **more}


def registered(who, one=None):
    """Register the device where somebody is signed in; return it and its number."""
    one = one or fresh()
    answer = who.post(DEVICES, json=keys_of(one, proof=proof_of(one, who)))
    assert answer.status_code == 201, answer.text
    return one, answer.json()["id"]


def session_of(who):
    return who.http.get(DEVICES).json()["session"]


def proof_of(one, who):
    """Have a device sign that it is where somebody is signed in."""
    claim = session_claim(who.person.actor_id, session_of(who), public(one))
    return encode(one.sign.sign(claim))


def claiming_proof(one, code):
    """Have a device sign that it claims a pairing."""
    return encode(one.sign.sign(pairing_claim(code, public(one))))


def public(one):
    return DeviceKeys(one.listed.box, one.listed.sign)


def next_link(who, devices, signer):
    """Sign what follows on somebody's list as it is now."""
    person, chain = who.person.actor_id, who.http.get(LIST).json()["chain"]
    latest = read_chain(chain, person=person) if chain else None
    return link_after(latest, person, devices, signer)


def link_after(latest, person, devices, signer):
    listed = [one.listed for one in devices]
    statement = statement_after(latest, person=person, devices=listed, signer=signer.listed.sign, at=AT)
    return signed(statement, signer.sign.sign).wire


def numbers(who):
    return [one["id"] for one in who.http.get(DEVICES).json()["devices"]]


def code_of(answer):
    return answer.status_code, answer.json()["error"]
