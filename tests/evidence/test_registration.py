"""Registering passkeys: at a link, once, by a device that verifies its user. WebAuthn Level 3 §7.1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import cbor2
import pytest

from openhitl.errors import SetupError
from openhitl.protocol.base64url import encode
from openhitl.protocol.tokens import Purpose, token_from_bytes
from openhitl.server.passkey_admin import list_passkeys, passkey_link
from tests.evidence.authenticator import PRESENT, VERIFIED, Authenticator
from tests.evidence.policies import policy, registration_link
from tests.servers import APPROVAL, RunningServer, running
from tests.service.hosts import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("registration")) as running_server:
        yield running_server


def options_at(server: RunningServer, link: str) -> dict[str, Any]:
    page = server.anyone.get(link)
    assert page.status_code == 200
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))


def device_of(server: RunningServer, **changes: Any) -> Authenticator:
    return Authenticator(**{"origin": server.url, "rp_id": "localhost", **changes})


def test_looking_at_a_link_does_not_use_it(server: RunningServer) -> None:
    link = registration_link(server, "Ann <b>O\u2019Neil</b>")
    before = len(list_passkeys(server.settings))
    for method in ("GET", "HEAD", "GET"):
        response = server.anyone.request(method, link)
        assert response.status_code == 200
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert "<b>O" not in response.text
    assert len(list_passkeys(server.settings)) == before


def test_a_link_is_used_up_by_the_passkey_it_makes(server: RunningServer) -> None:
    link = registration_link(server)
    options = options_at(server, link)
    credential = device_of(server).register(options)
    first = server.anyone.post(link, json={"credential": credential})
    assert (first.status_code, first.json()) == (201, {"status": "registered", "name": "Alice"})
    for response in (
        server.anyone.post(link, json={"credential": credential}),
        server.anyone.post(link, json={"credential": device_of(server).register(options)}),
        server.anyone.get(link),
    ):
        assert response.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
)
def test_a_device_that_does_not_do_as_it_should_uses_nothing_up(
    server: RunningServer, changes: dict[str, Any]
) -> None:
    link = registration_link(server)
    options = options_at(server, link)
    refused = server.anyone.post(link, json={"credential": device_of(server, **changes).register(options)})
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed")
    good = server.anyone.post(link, json={"credential": device_of(server).register(options)})
    assert good.status_code == 201


def test_a_passkey_made_for_another_link_is_refused(server: RunningServer) -> None:
    link, other = registration_link(server), registration_link(server, "Mallory")
    made = device_of(server).register(options_at(server, other))
    assert server.anyone.post(link, json={"credential": made}).status_code == 403
    replaced = {**options_at(server, link), "challenge": encode(bytes(32))}
    made = device_of(server).register(replaced)
    assert server.anyone.post(link, json={"credential": made}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{}, {"credential": None}, {"credential": 3}, {"credential": "x"}],
)
def test_what_is_no_credential_is_invalid(server: RunningServer, body: Any) -> None:
    assert server.anyone.post(registration_link(server), json=body).status_code == 422


@pytest.mark.parametrize(
    "credential",
    [{}, {"id": 3}, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}, {"response": []}],
)
def test_a_credential_that_cannot_be_read_is_refused(server: RunningServer, credential: Any) -> None:
    refused = server.anyone.post(registration_link(server), json={"credential": credential})
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed")


@dataclass
class Misspelling(Authenticator):
    """A device that says something else where its public key should be."""

    said: Any = None

    @property
    def public_key(self) -> bytes:
        return cbor2.dumps(self.said)


@pytest.mark.parametrize("key", [[], "no key", {}, {1: 2, 3: -7}])
def test_a_device_whose_key_is_none_uses_nothing_up(server: RunningServer, key: Any) -> None:
    link = registration_link(server)
    device = Misspelling(origin=server.url, rp_id="localhost", said=key)
    made = device.register(options_at(server, link))
    refused = server.anyone.post(link, json={"credential": made})
    assert (refused.status_code, refused.json()["error"]) == (403, "verification_failed")
    assert server.anyone.get(link).status_code == 200


def test_a_server_without_a_name_makes_no_links_and_asks_for_no_passkeys(tmp_path: Any) -> None:
    port = free_port()
    with running(tmp_path, port=port, base_url=f"http://127.0.0.1:{port}") as nameless:
        with pytest.raises(SetupError, match="IP addresses"):
            passkey_link(nameless.settings, "Alice")
        body = {**APPROVAL, "verification_policy": policy()}
        refused = nameless.service.post("/api/v1/reviews", json=body)
        assert (refused.status_code, refused.json()["error"]) == (422, "unsupported_field")


def test_only_a_link_registers(server: RunningServer) -> None:
    hitl = server.ask()
    tokens = [
        hitl["review_url"].partition("token=")[2],
        hitl["submit_token"],
        server.service_key,
        token_from_bytes(Purpose.PASSKEY_LINK, bytes(32)),
        "",
    ]
    for token in tokens:
        for response in (
            server.anyone.get("/passkey", params={"token": token}),
            server.anyone.post("/passkey", params={"token": token}, json={"credential": {}}),
        ):
            assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    link_token = registration_link(server).partition("token=")[2]
    page = server.anyone.get(f"/review/{hitl['case_id']}", params={"token": link_token})
    assert page.status_code == 401
