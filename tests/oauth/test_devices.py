"""Devices without a browser: RFC 8628."""

from __future__ import annotations

import re

import pytest

from openhitl.protocol.oauth import DEVICE_GRANT
from openhitl.protocol.people import Role
from tests.accounts.visitors import Visitors
from tests.oauth.world import OWN_FORM, Person, Program, asks_with, refused
from tests.servers import running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("devices"), trusted_proxies="127.0.0.0/8,::1") as server:
        yield server


@pytest.fixture(scope="module")
def tv(server):
    return Program.registered(
        server, client_name="TV", redirect_uris=[], grant_types=[DEVICE_GRANT, "refresh_token"]
    )


@pytest.fixture
def person(visitors, request):
    """Somebody of their own for each test: tries are counted by person."""
    return Person(visitors, request.node.name[:100], Role.MEMBER)


class Device:
    """A device that has begun to wait."""

    def __init__(self, program, address="192.0.2.7", **given):
        answer = program.post(
            "device_authorization", {"agent_name": "living room", **given}, {"x-forwarded-for": address}
        )
        assert answer.status_code == 200, answer.text
        self.program = program
        self.told = answer.json()
        self.code = self.told["user_code"]

    def poll(self, **changed):
        data = {"grant_type": DEVICE_GRANT, "device_code": self.told["device_code"], **changed}
        return self.program.post("token", data)


_addresses = iter(f"198.51.100.{number}" for number in range(1, 255))


@pytest.fixture
def device(tv):
    return Device(tv, next(_addresses))


def typed(person, code):
    data = {"user_code": code, "csrf": person.browser.csrf()}
    return person.browser.post("/device", data=data, headers=OWN_FORM)


def test_what_a_device_is_told(server, device):
    """RFC 8628 §3.2."""
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", device.code)
    assert device.told["verification_uri"] == f"{server.url}/device"
    assert device.told["verification_uri_complete"] == f"{server.url}/device?user_code={device.code}"
    assert (device.told["expires_in"], device.told["interval"]) == (600, 5)


def test_a_device_that_is_allowed_asks(server, person, tv):
    device = Device(tv, "203.0.113.9")
    refused(device.poll(), "authorization_pending")
    page = typed(person, device.code.lower().replace("-", " "))
    for said in ("TV", "living room", "203.0.113.9", device.code, "Does the device show this very code?"):
        assert said in page.text
    decided = person.press(page, "allow")
    assert "The device may ask you now" in decided.text
    tokens = device.poll().json()
    assert asks_with(server, tokens["access_token"]).status_code == 202
    assert tv.refresh(tokens["refresh_token"]).status_code == 200
    refused(device.poll(), "invalid_grant")


def test_a_device_that_is_denied_is_told_so(person, device):
    assert "Nothing was allowed" in person.press(typed(person, device.code), "deny").text
    refused(device.poll(), "access_denied")
    assert typed(person, device.code).status_code == 404


def test_a_device_that_hurries_is_slowed_down(device):
    """RFC 8628 §3.5."""
    refused(device.poll(), "authorization_pending")
    refused(device.poll(), "slow_down")


def test_an_address_with_the_code_allows_nothing_by_itself(person, device):
    """RFC 8628 §5.4: remote phishing."""
    page = person.look(device.told["verification_uri_complete"])
    assert device.code in page.text
    assert 'value="allow"' not in page.text
    refused(device.poll(), "authorization_pending")
    hurried = person.press(page, "allow", user_code=device.code)
    assert hurried.status_code == 403
    refused(device.poll(), "slow_down")


def test_nobody_guesses_codes(person, device):
    """RFC 8628 §5.1: five tries, then one every two minutes."""
    answers = [typed(person, "BBBB-BBBB").status_code for _ in range(6)]
    assert answers == [404] * 5 + [429]
    late = typed(person, device.code)
    assert late.status_code == 429
    assert "Too many tries" in late.text


def test_what_is_no_code_is_no_try(person, device):
    for text in ("", "AAAA-AAAA", "BCDF", "hello world"):
        assert typed(person, text).status_code == 404
    assert typed(person, device.code).status_code == 200


def test_the_page_about_a_device_is_for_whoever_looked(visitors, person, device):
    other = Person(visitors, "Somebody else", Role.MEMBER)
    body = person.form_of(typed(person, device.code))
    data = {**body, "csrf": other.browser.csrf(), "decision": "allow"}
    assert other.browser.post("/device", data=data, headers=OWN_FORM).status_code == 403
    refused(device.poll(), "authorization_pending")


def test_whoever_is_not_signed_in_signs_in_first(visitors, device):
    sent = visitors.browser().get("/device", params={"user_code": device.code})
    assert sent.headers["location"].startswith("/sign-in?next=%2Fdevice")


def test_a_device_code_is_of_one_program(server, person, device):
    other = Program.registered(server, redirect_uris=[], grant_types=[DEVICE_GRANT])
    person.press(typed(person, device.code), "allow")
    data = {"grant_type": DEVICE_GRANT, "device_code": device.told["device_code"]}
    refused(other.post("token", data), "invalid_grant")
    assert device.poll().status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"device_code": None}, "invalid_request"),
        ({"device_code": "hitld_" + "x" * 43}, "invalid_grant"),
        ({"device_code": "x"}, "invalid_grant"),
    ],
)
def test_polls_that_are_not_in_order(device, changed, error):
    refused(device.poll(**changed), error)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"scope": "decide"}, "invalid_scope"),
        ({"resource": "https://evil.example"}, "invalid_target"),
        ({"agent_name": "a\nb"}, "invalid_request"),
    ],
)
def test_a_device_that_asks_for_what_there_is_not(tv, given, error):
    refused(tv.post("device_authorization", given), error)


def test_a_program_without_the_grant_has_no_devices(server):
    program = Program.registered(server)
    refused(program.post("device_authorization", {}), "unauthorized_client")


def test_a_flood_of_devices_is_stopped(tmp_path):
    with running(tmp_path) as server:
        tv = Program.registered(server, redirect_uris=[], grant_types=[DEVICE_GRANT])
        answers = [tv.post("device_authorization", {}).status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]


def test_a_device_asks_through_a_second_server(tmp_path, tv):
    """A code of one server is no code of another."""
    with running(tmp_path) as other:
        visitors = Visitors(other)
        somebody = Person(visitors, "Zoe")
        assert typed(somebody, Device(tv, next(_addresses)).code).status_code == 404
        visitors.close()
