"""Notifications over HTTP: who may say where they are told, and where that may be. RFC 8030, SSRF."""

from __future__ import annotations

import gzip
import re
import struct
import time

import httpx2
import pytest
from sqlalchemy import select

from openhitl.errors import SetupError
from openhitl.protocol.base64url import decode
from openhitl.protocol.people import Role, SessionKind
from openhitl.server.opening import open_store
from openhitl.settings import load_settings
from openhitl.store.schema import jobs
from tests.accounts.test_refusals import free_port
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


SMALL = {"type": "approval", "prompt": "Order tea?", "context": {"risk": {"level": "low", "reasons": []}}}
PRESSES = "/api/v1/push/presses"
CHOICES = "/inbox/settings/notifications"


@pytest.fixture
def told(server, service):
    """Ana, who may answer by a button, her browser, and the notification of a small question."""
    ana = sign_in(server)
    owned_agent(server, ana)
    form = {"csrf": ana.csrf, "shows": "full", "answers": "1"}
    assert ana.post(CHOICES, data=form).status_code == 303
    browser = service.browser()
    ana.post(SUBSCRIPTIONS, json=browser.subscription)
    server.ask(SMALL, as_service=False)
    service.wait(lambda: len(browser.messages) == 1)
    return ana, browser, browser.messages[0]["notification"]["data"]


def pressed(data, action):
    return {
        "case_id": data["case_id"],
        "browser": data["browser"],
        "action": action,
        "token": data["tokens"][action],
    }


def press(ana, body):
    """Press as the service worker does, which has no form of ours."""
    headers = {"origin": str(ana.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    return ana.http.post(PRESSES, json=body, headers=headers)


def test_a_button_answers_once(server, service, told):
    ana, browser, data = told
    assert press(ana, pressed(data, "approve")).status_code == 204
    assert press(ana, pressed(data, "approve")).status_code == 204  # its answer was lost on the way
    case = server.agent.get(f"/api/v1/reviews/{data['case_id']}").json()
    assert case["result"]["action"] == "approve"
    assert press(ana, pressed(data, "reject")).status_code == 409
    service.wait(lambda: len(browser.messages) == 2)
    assert browser.shown[data["case_id"]] == ("Answered by Ana", "Order tea?")


@pytest.mark.parametrize(
    ("name", "value"),
    [("action", "reject"), ("browser", 99), ("token", "x"), ("case_id", "review_x"), ("token", "\u00e4")],
)
def test_a_token_is_for_one_button_in_one_browser(told, name, value):
    ana, _, data = told
    refused = press(ana, {**pressed(data, "approve"), name: value})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")


def test_a_button_needs_the_session_that_was_told(server, told):
    ana, _, data = told
    body = pressed(data, "approve")
    assert server.anyone.post(PRESSES, json=body).status_code == 401
    ben, again = sign_in(server, "Ben", Role.MEMBER), sign_in(server)
    for other in (ben, again):
        assert press(other, body).status_code == 401
    assert ana.http.post(PRESSES, json=body, headers={"origin": "https://evil.example"}).status_code == 403
    assert ana.http.get(PRESSES).status_code == 405
    assert ana.post("/sign-out").status_code == 303
    assert press(ana, body).status_code == 401


def test_the_rule_is_checked_again_when_a_button_is_pressed(server, told):
    ana, _, data = told
    assert ana.post(CHOICES, data={"csrf": ana.csrf, "shows": "full"}).status_code == 303
    refused = press(ana, pressed(data, "approve"))
    assert (refused.status_code, refused.json()["error"]) == (403, "action_not_inline")
    assert refused.json()["review_url"] == f"{server.url}/review/{data['case_id']}"
    case = server.agent.get(f"/api/v1/reviews/{data['case_id']}").json()
    assert case["status"] == "pending"


def test_later_is_ten_minutes_later(server, service):
    ana = sign_in(server)
    owned_agent(server, ana)
    browser = service.browser()
    ana.post(SUBSCRIPTIONS, json=browser.subscription)
    server.ask(as_service=False)
    service.wait(lambda: len(browser.messages) == 1)
    data = browser.messages[0]["notification"]["data"]
    for _ in range(2):
        assert press(ana, pressed(data, "later")).status_code == 204
    store, _ = open_store(server.settings)
    with store._database.reading() as connection:
        due = connection.execute(select(jobs.c.due_at).where(jobs.c.kind == "push", jobs.c.lease.is_(None)))
        [one] = due.scalars().all()
    store.close()
    assert 590 < one / 1000 - time.time() <= 600


def test_what_notifications_show_is_chosen_on_a_page(server, service):
    ana = sign_in(server)
    number = ana.post(SUBSCRIPTIONS, json=service.browser().subscription).json()["id"]
    page = ana.http.get("/inbox/settings")
    assert (page.status_code, page.headers["x-offline"][:5]) == (200, "keep;")
    assert "trusted-types hitl-sw" in page.headers["content-security-policy"]
    assert "Not told anything yet" in page.text
    assert ana.post(CHOICES, data={"csrf": ana.csrf, "shows": "all"}).status_code == 422
    ana.post(CHOICES, data={"csrf": ana.csrf, "shows": "title"})
    assert ana.http.get("/api/v1/push").json()["shows"] == "title"
    removed = ana.post(f"/inbox/settings/notifications/{number}/remove", data={"csrf": ana.csrf})
    assert removed.headers["location"] == "/inbox/settings?done=untold"
    assert "Not told anything yet" not in ana.http.get("/inbox/settings").text


def test_what_installs_the_pages(server):
    """W3C Web Application Manifest; Service Workers."""
    manifest = server.anyone.get("/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    described = manifest.json()
    assert (described["start_url"], described["scope"], described["display"]) == ("/inbox", "/", "standalone")
    for icon in described["icons"]:
        content = server.anyone.get(icon["src"])
        width, height = struct.unpack(">II", content.content[16:24])
        assert (content.headers["content-type"], f"{width}x{height}") == ("image/png", icon["sizes"])
    worker = server.anyone.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.text.startswith('self.app = {"base":""')
    assert "importScripts(" not in worker.text
    offline = server.anyone.get("/offline")
    assert (offline.status_code, "csrf" in offline.text) == (200, False)


def test_an_app_below_a_path_stays_there(tmp_path):
    port = free_port()
    with running(tmp_path, base_url="https://example.org/hitl", port=port) as server:
        client = server.closing.enter_context(httpx2.Client(base_url=f"http://127.0.0.1:{port}"))
        described = client.get("/hitl/manifest.webmanifest").json()
        assert (described["start_url"], described["scope"]) == ("/hitl/inbox", "/hitl/")
        assert '"offline":"/hitl/offline"' in client.get("/hitl/sw.js").text


def test_what_the_app_loads_is_small(server):
    """At most 30 KB of script for the inbox, the service worker included."""
    ana = sign_in(server)
    total = len(gzip.compress(ana.http.get("/sw.js").content))
    for page in ("/inbox", "/inbox/settings"):
        left = re.findall(r'<script[^>]+src="([^"]+)"', ana.http.get(page).text)
        seen: set[str] = set()
        while left:
            path = left.pop()
            if path not in seen:
                seen.add(path)
                script = ana.http.get(path).text
                left += [f"/static/{name}" for name in re.findall(r'from "\./([\w.-]+)"', script)]
        size = sum(len(gzip.compress(ana.http.get(path).content)) for path in seen)
        assert total + size <= 30 * 1024, (page, seen)


def test_a_press_without_its_token_is_nobodys(server, told):
    ana, _, data = told
    body = pressed(data, "approve")
    del body["token"]
    assert press(ana, body).json()["error"] == "cross_site"
