"""The token endpoint: what is refused, with the RFC's error, and what many do at once."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Role
from openhitl.server.opening import open_store
from openhitl.store.engine import open_database
from tests.oauth.world import CALLBACK, OAUTH, Person, Program, asks_with, refused

VERIFIER = "v" * 43


def basic(client_id, secret):
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": VERIFIER}, "invalid_grant"),  # RFC 7636 §4.6
        ({"redirect_uri": "https://app.example.com/other"}, "invalid_grant"),  # RFC 6749 §4.1.3
        ({"resource": "https://evil.example"}, "invalid_target"),  # RFC 8707 §2.2
        ({"code": None}, "invalid_request"),
        ({"code": "hitlo_" + "x" * 43}, "invalid_grant"),
        ({"code": "not a code"}, "invalid_grant"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"client_secret": "none is known"}, "invalid_client"),
    ],
)
def test_an_exchange_that_is_not_in_order_is_refused_and_uses_up_nothing(alice, program, changed, error):
    code = program.code(alice)
    status = 401 if error == "invalid_client" else 400
    refused(program.redeem(code, **changed), error, status)
    assert program.redeem(code).status_code == 200


def test_a_code_for_one_resource_is_not_good_for_another(server, alice, program):
    """RFC 8707 §2.2."""
    code = program.code(alice, resource=f"{server.url}/mcp-server/mcp/")
    refused(program.redeem(code, resource=server.url), "invalid_target")
    tokens = program.redeem(code, resource=f"{server.url}/mcp-server/mcp").json()
    refused(program.refresh(tokens["refresh_token"], resource=server.url), "invalid_target")
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_a_code_may_be_redeemed_without_its_address(alice, program):
    """OAuth 2.1 leaves redirect_uri out of the exchange."""
    assert program.redeem(program.code(alice), redirect_uri=None).status_code == 200


def test_a_code_of_one_program_is_of_no_use_to_another(server, alice, program):
    """RFC 9700 §4.5: code injection."""
    code = program.code(alice)
    other = Program.registered(server)
    refused(other.redeem(code), "invalid_grant")
    refused(other.redeem(code, code_verifier=program.verifier), "invalid_grant")
    assert program.redeem(code).status_code == 200


def test_a_code_that_is_used_again_ends_what_came_of_it(server, alice):
    """RFC 6749 §4.1.2."""
    program = Program.registered(server)
    code = program.code(alice)
    tokens = program.redeem(code).json()
    refused(program.redeem(code), "invalid_grant")
    refused(program.refresh(tokens["refresh_token"]), "invalid_grant")
    assert asks_with(server, tokens["access_token"]).status_code == 401


def test_of_many_redemptions_of_one_code_one_succeeds(alice, program):
    code = program.code(alice)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: program.redeem(code), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19


def test_of_many_refreshes_at_once_all_get_the_same_successor(server, alice, program):
    """Processes of one program refresh without a lock: within half a minute that is one refresh."""
    tokens = program.tokens(alice)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: program.refresh(tokens["refresh_token"]), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert successor != tokens["refresh_token"]
    assert all(asks_with(server, answer.json()["access_token"]).status_code == 202 for answer in answers)
    assert program.refresh(successor).status_code == 200


def test_a_refresh_token_used_later_ends_the_grant(server, alice, program):
    """RFC 9700 §4.14.2."""
    tokens = program.tokens(alice)
    first = program.refresh(tokens["refresh_token"]).json()
    with closing(open_database(server.settings.store_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE oauth_refresh_tokens SET used_at = used_at - 30000")
    refused(program.refresh(tokens["refresh_token"]), "invalid_grant")
    refused(program.refresh(first["refresh_token"]), "invalid_grant")
    assert asks_with(server, first["access_token"]).status_code == 401


def test_a_refresh_token_is_of_one_program(server, alice, program):
    """RFC 6749 §10.4."""
    tokens = program.tokens(alice)
    other = Program.registered(server)
    refused(other.refresh(tokens["refresh_token"]), "invalid_grant")
    assert program.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"refresh_token": None}, "invalid_request"),
        ({"refresh_token": "hitlf_" + "x" * 43}, "invalid_grant"),
        ({"scope": "decide"}, "invalid_scope"),
        ({"scope": "ask"}, "invalid_scope"),  # more than `read`
        ({"resource": "https://evil.example"}, "invalid_target"),
    ],
)
def test_a_refresh_that_is_not_in_order_is_refused_and_uses_up_nothing(alice, program, changed, error):
    tokens = program.tokens(alice, scope="read")
    refused(program.refresh(tokens["refresh_token"], **changed), error)
    assert program.refresh(tokens["refresh_token"]).json()["scope"] == "read"


def test_a_token_may_be_made_for_less(server, alice, program):
    """RFC 6749 §6."""
    tokens = program.tokens(alice)
    fewer = program.refresh(tokens["refresh_token"], scope="read").json()
    assert fewer["scope"] == "read"
    assert asks_with(server, fewer["access_token"]).status_code == 403
    assert program.refresh(fewer["refresh_token"]).json()["scope"] == "ask read"


def test_nobody_disabled_is_asked_or_asks(server, visitors, alice, program):
    somebody = Person(visitors, "Soon disabled", Role.MEMBER)
    theirs, agents = program.tokens(somebody), program.tokens(alice, agent_name="soon disabled")
    by = {"by": OPERATOR, "now": datetime.now(UTC)}
    store, _ = open_store(server.settings)
    with closing(store):
        store.disable_person(int(somebody.actor_id.removeprefix("person:")), **by)
        store.change_agent(store.agent_named("soon disabled").agent_id, is_disabled=True, **by)
    for tokens in (theirs, agents):
        assert asks_with(server, tokens["access_token"]).status_code == 401
        refused(program.refresh(tokens["refresh_token"]), "invalid_grant")


def test_no_credential_is_taken_for_another(server, alice, program):
    tokens = program.tokens(alice)
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    for key in (refresh, access + "x", access[:-2], "a.b.c", ".."):
        assert asks_with(server, key).status_code == 401
    for wrong in (access, server.agent_key, server.service_key):
        refused(program.refresh(wrong), "invalid_grant")
        refused(program.redeem(wrong), "invalid_grant")


@pytest.fixture(scope="module")
def secret_holder(server):
    return Program.registered(server, token_endpoint_auth_method="client_secret_basic")


def test_a_program_with_a_secret_shows_it_in_either_way(alice, secret_holder):
    """RFC 6749 §2.3.1."""
    program = secret_holder
    assert program.redeem(program.code(alice)).status_code == 200
    headers = basic(program.client_id, program.secret)
    code = program.code(alice)
    assert program.redeem(code, headers, client_id=None, client_secret=None).status_code == 200
    code = program.code(alice)
    assert program.redeem(code, headers, client_secret=None).status_code == 200


@pytest.mark.parametrize("secret", [None, "", "wrong", "hitlx_" + "x" * 43])
def test_without_its_secret_it_is_nobody(alice, secret_holder, secret):
    code = secret_holder.code(alice)
    answer = secret_holder.redeem(code, client_secret=secret or None)
    refused(answer, "invalid_client", 401)
    assert answer.headers["www-authenticate"].startswith("Basic ")
    headers = basic(secret_holder.client_id, secret or "")
    answer = secret_holder.redeem(code, headers, client_id=None, client_secret=None)
    refused(answer, "invalid_client", 401)
    assert secret_holder.redeem(code).status_code == 200


def test_two_ways_at_once_are_one_too_many(alice, secret_holder):
    """RFC 6749 §2.3."""
    headers = basic(secret_holder.client_id, secret_holder.secret)
    refused(secret_holder.redeem("x", headers), "invalid_request")
    refused(secret_holder.redeem("x", headers, client_id="other", client_secret=None), "invalid_request")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic " + base64.b64encode(b"\xff:\xfe").decode(), "Bearer x"]
)
def test_a_header_that_shows_nothing(program, header):
    answer = program.redeem("x", {"authorization": header}, client_id=None)
    refused(answer, "invalid_client", 401)


@pytest.mark.parametrize("client_id", [None, "client_unknown", "a\x01b", "ä", "https://app.example.com/c"])
def test_an_unknown_program_is_nobody(program, client_id):
    refused(program.redeem("x", client_id=client_id), "invalid_client", 401)


def test_bodies_that_are_no_form(server):
    anyone = server.anyone
    refused(anyone.post(f"{OAUTH}/token", json={"grant_type": "x"}), "invalid_request")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for content in ("client_id=a&client_id=a", "client_id=%00", b"client_id=\xff"):
        refused(anyone.post(f"{OAUTH}/token", content=content, headers=headers), "invalid_request")


def test_a_token_is_taken_back_with_all_of_its_grant(server, alice, program):
    """RFC 7009 §2."""
    for name in ("refresh_token", "access_token"):
        tokens = program.tokens(alice)
        assert program.post("revoke", {"token": tokens[name]}).status_code == 200
        refused(program.refresh(tokens["refresh_token"]), "invalid_grant")
        assert asks_with(server, tokens["access_token"]).status_code == 401
        assert program.post("revoke", {"token": tokens[name]}).status_code == 200


def test_what_is_not_ones_own_is_not_taken_back(server, alice, program):
    """RFC 7009 §2.1."""
    other = Program.registered(server)
    tokens = program.tokens(alice)
    refused(other.post("revoke", {"token": tokens["access_token"]}), "invalid_grant")
    assert other.post("revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert other.post("revoke", {"token": "whatever"}).status_code == 200
    refused(program.post("revoke", {}), "invalid_request")
    refused(program.post("revoke", {"token": "x", "client_id": "nobody"}), "invalid_client", 401)
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_the_agent_is_named_in_this_order(server, alice):
    """X-MCP-Agent-Name at the exchange, `agent_name` when it is asked for, the program's own name."""

    def named(headers=None, **changed):
        tokens = program.redeem(program.code(alice, **changed), headers).json()
        asked = asks_with(server, tokens["access_token"]).json()["hitl"]["case_id"]
        bearer = {"authorization": f"Bearer {tokens['access_token']}"}
        assert server.anyone.get(f"/api/v1/reviews/{asked}", headers=bearer).status_code == 200
        return server.anyone.get("/api/v1/agents", headers=bearer).json()[-1]["name"]

    program = Program.registered(server, client_name="Programme")
    assert named() == "Programme"
    assert named(agent_name="asked for") == "asked for"
    assert named({"x-mcp-agent-name": "said last"}, agent_name="asked for") == "said last"
    code = program.code(alice)
    refused(program.redeem(code, {"x-mcp-agent-name": "a%0Ab"}), "invalid_request")
    assert program.redeem(code).status_code == 200


def test_nothing_of_a_refresh_token_is_stored_that_could_be_read(server, alice, program):
    tokens = program.tokens(alice)
    successor = program.refresh(tokens["refresh_token"]).json()["refresh_token"]
    kept = server.settings.database_file.read_bytes()
    wal = server.settings.database_file.with_name(server.settings.database_file.name + "-wal")
    kept += wal.read_bytes() if wal.exists() else b""
    for secret in (tokens["refresh_token"], successor, tokens["access_token"]):
        assert secret.encode() not in kept
    assert CALLBACK.encode() in kept
