"""Clients that others wrote complete the flow: the MCP SDK's, Authlib's."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from mcp import Client
from mcp.client.auth import OAuthClientProvider, OAuthFlowError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from openhitl.protocol.oauth import DEVICE_GRANT
from tests.asking.clients import MODES
from tests.asking.clients import PATH as MCP_PATH
from tests.oauth.world import CALLBACK, OAUTH, OWN_FORM, Program, asks_with, query_of

LOCAL = "http://localhost:33418/callback"


class Storage:
    """Where the SDK's client keeps what it got."""

    def __init__(self):
        self.tokens = None
        self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Flow:
    """The SDK's client, with somebody's browser beside it."""

    def __init__(self, server, person, **answered):
        self.storage = Storage()
        self._person = person
        self._answered = answered
        self._location = ""
        self.auth = OAuthClientProvider(
            server_url=f"{server.url}{MCP_PATH}",
            client_metadata=OAuthClientMetadata(
                client_name="MCP client",
                redirect_uris=[LOCAL],
                grant_types=["authorization_code", "refresh_token"],
                response_types=["code"],
                token_endpoint_auth_method="none",
            ),
            storage=self.storage,
            redirect_handler=self._redirect,
            callback_handler=self._callback,
        )

    async def _redirect(self, url):
        self._location = await asyncio.to_thread(self._person.allow, url)

    async def _callback(self):
        answer = {**query_of(self._location), **self._answered}
        return AuthorizationCodeResult(
            code=answer["code"], state=answer.get("state"), iss=answer.get("iss") or None
        )


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_the_mcp_sdk_finds_its_own_way_to_the_tools(server, alice, mode):
    """Discovery by the challenge of the MCP server, registration, PKCE, resource, `iss`."""
    flow = Flow(server, alice)
    async with (
        httpx2.AsyncClient(auth=flow.auth, timeout=20, trust_env=False) as http,
        Client(streamable_http_client(server.url + MCP_PATH, http_client=http), mode=mode) as client,
    ):
        tools = {tool.name for tool in (await client.list_tools()).tools}
    assert "request_human_input" in tools
    assert flow.storage.tokens.refresh_token
    assert flow.storage.tokens.expires_in == 3600
    assert flow.storage.tokens.scope == "ask read"


@pytest.mark.anyio
async def test_the_mcp_sdk_refreshes(server, alice):
    flow = Flow(server, alice)
    async with httpx2.AsyncClient(auth=flow.auth, timeout=20, trust_env=False) as http:
        await http.post(server.url + MCP_PATH, json={})
        first = flow.storage.tokens
        flow.auth.context.token_expiry_time = 1
        answer = await http.post(server.url + MCP_PATH, json={})
    assert answer.status_code != 401
    assert flow.storage.tokens.refresh_token != first.refresh_token


@pytest.mark.anyio
@pytest.mark.parametrize("iss", ["", "https://evil.example"])
async def test_the_mcp_sdk_notices_an_answer_of_somebody_else(server, alice, iss):
    """RFC 9207 §2.4: this server says that `iss` is in every answer, so one without is a mix-up."""
    flow = Flow(server, alice, iss=iss)
    async with httpx2.AsyncClient(auth=flow.auth, timeout=20, trust_env=False) as http:
        with pytest.raises(OAuthFlowError):
            await http.post(server.url + MCP_PATH, json={})


@pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
def test_authlib_gets_refreshes_and_takes_back(server, alice, method):
    program = Program.registered(server, token_endpoint_auth_method=method)
    about = server.anyone.get("/.well-known/oauth-authorization-server").json()
    with OAuth2Client(
        client_id=program.client_id,
        client_secret=program.secret,
        token_endpoint_auth_method=method,
        redirect_uri=CALLBACK,
        scope="ask read",
        code_challenge_method="S256",
        token_endpoint=about["token_endpoint"],
        trust_env=False,
        timeout=20,
    ) as client:
        url, state = client.create_authorization_url(
            about["authorization_endpoint"], code_verifier=program.verifier
        )
        location = alice.allow(url)
        tokens = client.fetch_token(
            authorization_response=location, state=state, code_verifier=program.verifier
        )
        assert asks_with(server, tokens["access_token"]).status_code == 202
        again = client.refresh_token(about["token_endpoint"])
        assert again["refresh_token"] != tokens["refresh_token"]
        assert client.get(f"{server.url}/api/v1/reviews").status_code == 200
        revoked = client.revoke_token(about["revocation_endpoint"], token=again["refresh_token"])
        assert revoked.status_code == 200
        assert client.get(f"{server.url}/api/v1/reviews").status_code == 401


def test_authlib_gets_the_tokens_of_a_device(server, alice):
    program = Program.registered(server, redirect_uris=[], grant_types=[DEVICE_GRANT])
    with OAuth2Client(
        client_id=program.client_id, token_endpoint_auth_method="none", trust_env=False, timeout=20
    ) as client:
        begun = program.post("device_authorization", {}).json()
        data = {"user_code": begun["user_code"], "csrf": alice.browser.csrf()}
        alice.press(alice.browser.post("/device", data=data, headers=OWN_FORM), "allow")
        tokens = client.fetch_token(
            f"{server.url}{OAUTH}/token", grant_type=DEVICE_GRANT, device_code=begun["device_code"]
        )
    assert asks_with(server, tokens["access_token"]).status_code == 202
