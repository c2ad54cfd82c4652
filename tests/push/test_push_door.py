"""Notifications over HTTP: who may say where they are told, and where that may be. RFC 8030, SSRF."""

from __future__ import annotations

import pytest

from openhitl.errors import SetupError
from openhitl.protocol.base64url import decode
from openhitl.protocol.people import Role, SessionKind
from openhitl.settings import load_settings
from tests.people import owned_agent, sign_in
from tests.push.push_service import running as running_service
from tests.servers import running

CONTACT = "mailto:ops@example.org"
SUBSCRIPTIONS = "/api/v1/push/subscriptions"


@pytest.fixture
def service():
    with running_service() as service:
        yield service
        assert service.complaints == []


@pytest.fixture
def server(tmp_path, service):
    with running(
        tmp_path, push_contact=CONTACT, push_hosts=service.host, private_networks="127.0.0.0/8"
    ) as server:
        yield server


def test_a_case_reaches_a_browser_and_so_does_its_end(server, service):
    ana = sign_in(server)
    owned_agent(server, ana)
    browser = service.browser()
    made = ana.post(SUBSCRIPTIONS, json=browser.subscription)
    assert made.status_code == 201
    hitl = server.ask(as_service=False)
    service.wait(lambda: len(browser.messages) == 1)
    assert list(browser.shown) == [hitl["case_id"]]
    answered = ana.post(f"/api/v1/inbox/{hitl['case_id']}/respond", json={"action": "approve", "data": {}})
    assert answered.status_code == 200
    service.wait(lambda: len(browser.messages) == 2)
    assert browser.shown[hitl["case_id"]][0] == "Answered"


def test_what_is_told_of_ones_browsers(server, service):
    ana = sign_in(server)
    told = ana.http.get("/api/v1/push").json()
    assert (told["state"], told["shows"], told["answers"], told["subscriptions"]) == (
        "on", "generic", False, [],
    )  # fmt: skip
    assert len(decode(told["key"])) == 65
    browser = service.browser()
    number = ana.post(SUBSCRIPTIONS, json=browser.subscription).json()["id"]
    assert ana.post(SUBSCRIPTIONS, json=browser.subscription).json()["id"] == number
    assert ana.post("/api/v1/push/test", json={"id": number}).status_code == 204
    assert browser.shown == {"test": ("Notifications come here", "This is the test that you asked for.")}
    [one] = ana.http.get("/api/v1/push").json()["subscriptions"]
    assert (one["id"], one["device"], one["last_error"]) == (number, "test", None)
    assert one["delivered_at"]
    assert service.sender == told["key"]


def test_a_test_that_fails_says_so(server, service):
    ana = sign_in(server)
    browser = service.browser()
    number = ana.post(SUBSCRIPTIONS, json=browser.subscription).json()["id"]
    browser.status = 500
    failed = ana.post("/api/v1/push/test", json={"id": number})
    assert (failed.status_code, failed.json()["message"]) == (502, "The push service answered 500.")
    [one] = ana.http.get("/api/v1/push").json()["subscriptions"]
    assert one["last_error"] == "The push service answered 500."
    browser.status = 410
    assert ana.post("/api/v1/push/test", json={"id": number}).status_code == 502
    assert ana.http.get("/api/v1/push").json()["subscriptions"] == []
    assert ana.post("/api/v1/push/test", json={"id": number}).status_code == 404


def test_nobody_touches_the_browsers_of_others(server, service):
    ana, ben = sign_in(server), sign_in(server, "Ben", Role.MEMBER)
    number = ana.post(SUBSCRIPTIONS, json=service.browser().subscription).json()["id"]
    delete = {"origin": server.url, "x-csrf-token": ben.csrf}
    assert ben.http.delete(f"{SUBSCRIPTIONS}/{number}", headers=delete).status_code == 404
    assert ben.post("/api/v1/push/test", json={"id": number}).status_code == 404
    assert ben.http.get("/api/v1/push").json()["subscriptions"] == []
    delete["x-csrf-token"] = ana.csrf
    assert ana.http.delete(f"{SUBSCRIPTIONS}/{number}", headers=delete).status_code == 204
    assert ana.http.delete(f"{SUBSCRIPTIONS}/{number}", headers=delete).status_code == 404
    assert ana.http.delete(f"{SUBSCRIPTIONS}/x", headers=delete).status_code == 404


def test_only_people_and_their_own_pages(server, service):
    body = service.browser().subscription
    assert server.anyone.get("/api/v1/push").status_code == 401
    assert server.anyone.post(SUBSCRIPTIONS, json=body).status_code == 401
    assert server.agent.post(SUBSCRIPTIONS, json=body).status_code == 401
    ana = sign_in(server)
    assert ana.http.post(SUBSCRIPTIONS, json=body).status_code == 403
    assert ana.http.post(SUBSCRIPTIONS, json=body, headers={"origin": server.url}).status_code == 403
    terminal = sign_in(server, kind=SessionKind.TERMINAL)
    assert terminal.http.get("/api/v1/push").status_code == 200


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:{port}/admin",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://evil.example/push",
        "file:///etc/passwd",
        5,
    ],
)
def test_addresses_that_are_no_push_service_are_refused(tmp_path, service, endpoint):
    with running(tmp_path, push_contact=CONTACT) as server:
        ana = sign_in(server)
        body = service.browser().subscription
        body["endpoint"] = endpoint.format(port=service.port) if isinstance(endpoint, str) else endpoint
        refused = ana.post(SUBSCRIPTIONS, json=body)
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "endpoint")


def test_a_listed_host_at_a_private_address_is_not_called(tmp_path, service):
    """What is listed is a name; what may be called is still the guard's to say."""
    with running(tmp_path, push_contact=CONTACT, push_hosts=service.host) as server:
        ana = sign_in(server)
        browser = service.browser()
        number = ana.post(SUBSCRIPTIONS, json=browser.subscription).json()["id"]
        refused = ana.post("/api/v1/push/test", json={"id": number})
        assert (refused.status_code, refused.json()["error"]) == (502, "address_refused")
        assert browser.requests == []


def test_without_anybody_to_reach_push_is_off_and_says_so(tmp_path, service):
    with running(tmp_path) as server:
        ana = sign_in(server)
        assert ana.http.get("/api/v1/push").json()["state"] == "off"
        refused = ana.post(SUBSCRIPTIONS, json=service.browser().subscription)
        assert (refused.status_code, refused.json()["error"]) == (409, "push_off")
        assert "HITL_PUSH_CONTACT" in refused.json()["hint"]


@pytest.mark.parametrize("body", [{}, {"endpoint": "x"}, [], {"keys": {}}])
def test_bodies_that_are_no_subscription(server, service, body):
    ana = sign_in(server)
    assert ana.post(SUBSCRIPTIONS, json=body).status_code == 422
    given = {**service.browser().subscription, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}
    assert ana.post(SUBSCRIPTIONS, json=given).status_code == 422


@pytest.mark.parametrize(
    "contact",
    [
        "mailto:x@localhost", "mailto:x@printer.local", "https://hitl.invalid", "https://localhost",
        "mailto:", "mailto:x", "http://example.org", "ops@example.org", "mailto:a b@example.org",
    ],
)  # fmt: skip
def test_contacts_that_push_services_refuse_are_refused_at_the_start(contact):
    """Apple answers 403 BadJwtToken to such."""
    with pytest.raises(SetupError, match="HITL_PUSH_CONTACT"):
        load_settings({"push_contact": contact})


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({}, ""),
        ({"base_url": "https://hitl.local"}, ""),
        ({"base_url": "https://hitl.example.org"}, "https://hitl.example.org"),
        ({"base_url": "https://hitl.local", "push_contact": CONTACT}, CONTACT),
    ],
)
def test_who_can_be_reached(settings, subject):
    assert load_settings(settings).push_subject == subject


@pytest.mark.parametrize(
    "hosts", ["https://push.example.org", "localhost", "push.example.org/x", "http://a.b"]
)
def test_hosts_that_are_none(hosts):
    with pytest.raises(SetupError, match="HITL_PUSH_HOSTS"):
        load_settings({"push_hosts": hosts})
    assert load_settings({"push_hosts": "push.example.org, p.example.org:8443"}).push_services == [
        "push.example.org", "p.example.org:8443",
    ]  # fmt: skip
