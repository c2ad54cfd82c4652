"""A program asks, somebody allows, the program asks them: the whole way."""

from __future__ import annotations

import base64
import json
import re

import httpx2

from tests.accounts.test_refusals import free_port
from tests.oauth.world import CALLBACK, OAUTH, Program, asks_with, query_of
from tests.servers import running


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_a_program_that_is_allowed_asks_as_an_agent_of_the_person(server, alice, program):
    location = alice.allow(program.url())
    assert location.startswith(CALLBACK + "?")
    answer = query_of(location)
    assert (answer["state"], answer["iss"]) == ("af0ifjsldkj", server.url)
    tokens = program.redeem(answer["code"]).json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, "ask read")
    claims = claims_of(tokens["access_token"])
    assert (claims["iss"], claims["aud"], claims["sub"]) == (server.url, server.url, alice.actor_id)
    assert (claims["client_id"], claims["exp"] - claims["iat"]) == (program.client_id, 3600)
    assert isinstance(claims["agent_id"], str)
    asked = asks_with(server, tokens["access_token"])
    assert asked.status_code == 202, asked.text
    agents = server.anyone.get(
        "/api/v1/agents", headers={"authorization": f"Bearer {tokens['access_token']}"}
    ).json()
    assert {"id": claims["agent_id"], "name": "Deploy bot"} in agents


def test_tokens_are_refreshed(server, alice, program):
    tokens = program.tokens(alice)
    again = program.refresh(tokens["refresh_token"]).json()
    assert again["refresh_token"] != tokens["refresh_token"]
    assert asks_with(server, again["access_token"]).status_code == 202


def test_the_old_client_gets_what_it_expects(server, alice):
    """hitl-cli 1.2.1: a secret in the body, OpenID scopes, no resource, no refresh grant."""
    program = Program.registered(
        server,
        client_name="HITL CLI",
        redirect_uris=["http://localhost:8080/callback"],
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_post",
        scope="openid profile email",
    )
    code = program.code(alice, scope="openid profile email")
    answer = program.redeem(code, {"x-mcp-agent-name": "release%20b%C3%B6t"})
    tokens = answer.json()
    assert (tokens["expires_in"], tokens["scope"]) == (86_400, "ask read")
    agents = server.anyone.get(
        "/api/v1/agents", headers={"authorization": f"Bearer {tokens['access_token']}"}
    ).json()
    assert "release böt" in [agent["name"] for agent in agents]
    assert program.refresh(tokens["refresh_token"]).json()["expires_in"] == 86_400


def test_documents_say_where_everything_is(server):
    """RFC 8414 §3, RFC 9728 §3."""
    about = server.anyone.get("/.well-known/oauth-authorization-server").json()
    assert about["issuer"] == server.url
    for name in ("authorization", "token", "registration", "revocation", "device_authorization"):
        assert about[f"{name}_endpoint"].startswith(f"{server.url}{OAUTH}/")
    for suffix in ("", "/mcp-server/mcp", "/mcp-server/mcp/"):
        resource = server.anyone.get(f"/.well-known/oauth-protected-resource{suffix}").json()
        assert resource["resource"] == server.url + suffix
        assert resource["authorization_servers"] == [server.url]


def test_under_a_path_the_documents_are_where_the_rfcs_say(tmp_path):
    """RFC 8414 §3.1, RFC 9728 §3.1: the path comes behind the well-known one."""
    base, port = "https://example.org/hitl", free_port()
    document = "/.well-known/oauth-authorization-server"
    with (
        running(tmp_path, base_url=base, port=port),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as proxy,
    ):
        for path in (f"{document}/hitl", f"/hitl{document}"):
            about = proxy.get(path).json()
            assert (about["issuer"], about["token_endpoint"]) == (base, f"{base}{OAUTH}/token")
        challenged = proxy.post("/hitl/mcp-server/mcp/", json={}).headers["www-authenticate"]
        [named] = re.findall(r'resource_metadata="https://example\.org([^"]*)"', challenged)
        assert proxy.get(named).json()["resource"] == f"{base}/mcp-server/mcp"
