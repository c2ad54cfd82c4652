"""Programs whose client id is the address of a document about them. OAuth Client ID Metadata Document."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from openhitl.store.engine import open_database
from tests.accounts.visitors import Visitors
from tests.oauth.certificates import certificate
from tests.oauth.world import CALLBACK, Person, Program, asks_with, refused
from tests.outbound.origin import Answer, serving
from tests.servers import running

PATH = "/oauth/client.json"
JSON = "application/json"


def told(**document):
    return Answer(json.dumps(document).encode(), content_type=JSON)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    pem = certificate(tmp_path_factory.mktemp("certificate"))
    with serving(pem=pem) as served, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_FILE", str(pem))
        yield served


@pytest.fixture(scope="module")
def server(tmp_path_factory, pages):
    networks = "127.0.0.0/8,::1/128"
    with running(tmp_path_factory.mktemp("documents"), private_networks=networks) as server:
        yield server


@pytest.fixture
def program(server, pages):
    """A program with a document that is in order."""
    pages.seen.clear()
    client_id = pages.url + PATH
    pages.answers[PATH] = told(
        client_id=client_id,
        client_name="Editor",
        redirect_uris=[CALLBACK, "http://127.0.0.1/callback"],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="none",
    )
    return Program(server, client_id, None)


def aged(server, hours):
    with closing(open_database(server.settings.store_url)) as database, database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE oauth_clients SET fetched_at = fetched_at - {hours * 3_600_000}")


def test_a_program_with_a_document_needs_no_registration(server, pages, alice, program):
    page = alice.look(program.url())
    assert "Editor" in page.text
    assert f"its document is at <bdi>{pages.url.removeprefix('https://')}</bdi>" in page.text
    tokens = program.tokens(alice)
    assert asks_with(server, tokens["access_token"]).status_code == 202
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_a_document_is_fetched_once_a_day(server, pages, alice, program):
    aged(server, 48)
    alice.look(program.url())
    alice.look(program.url())
    assert pages.paths == [PATH]
    pages.answers[PATH] = told(client_id=pages.url + PATH, client_name="Editor 2", redirect_uris=[CALLBACK])
    aged(server, 23)
    assert "Editor 2" not in alice.look(program.url()).text
    aged(server, 1)
    assert "Editor 2" in alice.look(program.url()).text
    assert pages.paths == [PATH, PATH]


def test_a_document_that_is_gone_is_good_no_more(server, pages, alice, program):
    alice.look(program.url())
    aged(server, 24)
    del pages.answers[PATH]
    assert alice.look(program.url()).status_code == 400


@pytest.mark.parametrize(
    "document",
    [
        {"client_id": "https://evil.example/client.json"},
        {"client_id": None},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"client_secret": "shared"},
        {"redirect_uris": []},
        {"redirect_uris": ["http://app.example.com/callback"]},
        {"client_name": "a\u202eb"},
        Answer(b"{}", content_type="text/html"),
        Answer(b"{", content_type=JSON),
        Answer(b"[]", content_type=JSON),
        Answer(b"[" * 50_000, content_type=JSON),
        Answer(b" " * 65_537, content_type=JSON),
        Answer(b"{}", status=404, content_type=JSON),
        Answer(b"", status=302, content_type=JSON, headers={"location": PATH}),
    ],
)
def test_a_document_that_is_not_in_order(pages, alice, program, document):
    path = f"/broken/{len(pages.answers)}.json"
    client_id = pages.url + path
    if isinstance(document, dict):
        document = told(**{"client_id": client_id, "redirect_uris": [CALLBACK], **document})
    pages.answers[path] = document
    answer = alice.look(program.url(client_id=client_id))
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "client_id",
    [
        "https://localhost",
        "https://localhost/",
        "https://127.0.0.1:1/client.json",
        "https://nowhere.invalid/client.json",
        "http://localhost/client.json",
    ],
)
def test_addresses_without_a_document(alice, program, client_id):
    assert alice.look(program.url(client_id=client_id)).status_code == 400


def test_nothing_is_fetched_for_whoever_is_not_signed_in(server, pages, visitors, program):
    pages.answers["/new.json"] = told(client_id=pages.url + "/new.json", redirect_uris=[CALLBACK])
    visitors.browser().get(program.url(client_id=pages.url + "/new.json"))
    refused(program.redeem("x", client_id=pages.url + "/new.json"), "invalid_client", 401)
    assert "/new.json" not in pages.paths


def test_a_device_may_have_a_document(pages, server, program):
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    client_id = pages.url + "/device.json"
    pages.answers["/device.json"] = told(client_id=client_id, client_name="TV", grant_types=[grant])
    begun = program.post("device_authorization", {"client_id": client_id})
    assert begun.status_code == 200, begun.text


def test_no_address_of_the_operators_network_is_fetched(tmp_path, pages):
    """The guard: without HITL_PRIVATE_NETWORKS this machine is out of reach."""
    pages.seen.clear()
    with running(tmp_path) as server:
        visitors = Visitors(server)
        program = Program(server, pages.url + PATH, None)
        assert Person(visitors, "Alice").look(program.url()).status_code == 400
        visitors.close()
    assert pages.paths == []
