"""hitl-cli 1.2.1 from the registry, unmodified, with `HITL_SERVER_URL` alone: it logs in, asks, logs out.

Whoever says yes and answers does so in Chromium.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from playwright.async_api import BrowserContext, async_playwright, expect

from openhitl.protocol.case import ActorKind
from openhitl.protocol.people import SessionKind
from openhitl.server.local import new_key
from tests.accounts.visitors import Visitors
from tests.browser.conftest import CHROMIUM, PATIENCE_MS
from tests.cli.programs import Programs, Transcript
from tests.dropin.callback_port import callback_port
from tests.dropin.cases import next_case
from tests.dropin.older import installed
from tests.oauth.world import Person
from tests.people import sign_in
from tests.sealed.devices import Household
from tests.servers import RunningServer, running

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("dropin")) as server:
        yield server


@pytest.fixture(scope="module")
def alice(server):
    visitors = Visitors(server)
    yield Person(visitors, "Alice")
    visitors.close()


class OlderClient:
    """The program, its home, and Alice's browser."""

    def __init__(self, server: RunningServer, home: Path, context: BrowserContext) -> None:
        opener = home / "browser"
        opener.write_text("#!/bin/sh\n")
        opener.chmod(0o700)
        environment = {"HITL_SERVER_URL": server.url, "BROWSER": str(opener), "PYTHONWARNINGS": "ignore"}
        self.programs = Programs(home, environment, programs=installed())
        self._server = server
        self._context = context
        self._folder = home / ".config" / "hitl-cli"

    @property
    def token(self) -> dict[str, Any]:
        """What it has stored of its tokens."""
        return dict(json.loads((self._folder / "oauth_token.json").read_text()))

    def end_token(self) -> None:
        """Let its access token seem to have ended."""
        (self._folder / "oauth_token.json").write_text(json.dumps({**self.token, "expires_at": 1}))

    def files(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()}

    async def log_in(self, name: str) -> Transcript:
        """Log in; Alice says yes."""
        async with (
            callback_port(),
            self.programs.start("login", "--name", name, program="hitl-cli") as program,
        ):
            said = await program.says("If browser doesn't open, visit:", on="out")
            address = re.search(r"visit: (http\S+)", said)
            assert address
            page = await self._context.new_page()
            await page.goto(address.group(1))
            await page.get_by_role("button", name="Allow", exact=True).click()
            await expect(page.get_by_text("Authentication Successful")).to_be_visible()
            await page.close()
            return await program.ends()

    @asynccontextmanager
    async def proxied(self) -> AsyncIterator[Client]:
        """Start its proxy and connect to it."""
        parameters = StdioServerParameters(
            command=str(installed() / "hitl-cli"),
            args=["proxy", f"{self._server.url}/mcp-server/mcp/"],
            env={"PATH": os.defpath, "HOME": str(self._folder.parents[1]), **self.programs.environment},
        )
        with (self._folder / "proxy.log").open("w") as log:
            async with Client(
                stdio_client(parameters, errlog=log), mode="legacy", read_timeout_seconds=60
            ) as client:
                yield client

    @asynccontextmanager
    async def asking(self, *arguments: str, prompt: str) -> AsyncIterator[Any]:
        """Have it ask, and open the page where Alice answers; what it says is in the list."""
        ended: list[Transcript] = []
        async with self.programs.start(*arguments, program="hitl-cli") as program:
            case = await next_case(self._server, prompt, self.token["access_token"])
            page = await self._context.new_page()
            await page.goto(case["review_url"])
            yield page, ended
            ended.append(await program.ends())
            await page.close()


@pytest.fixture
async def older(server, alice, tmp_path):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        session = {"name": "hitl_session", "value": alice.browser.token, "url": server.url}
        await context.add_cookies([session])
        yield OlderClient(server, tmp_path, context)
        await browser.close()


async def test_the_whole_life_of_a_login(older, server, alice):
    login = await older.log_in("My Workstation")
    assert login.code == 0, login
    assert "🤖 Agent 'My Workstation' is ready for secure E2EE communication." in login.out
    assert "Successfully registered public key with backend" in login.err

    async with older.asking("request", "--prompt", "Which branch?", prompt="Which branch?") as (page, ended):
        await page.get_by_role("textbox").fill("the blue one")
        await page.get_by_role("button", name="Send answers", exact=True).click()
    assert ended[0].code == 0, ended[0]
    assert ended[0].out.splitlines()[-1] == "Human response received: the blue one"

    choices = ("--choice", "Staging", "--choice", "Production")
    async with older.asking("request", "--prompt", "Where to?", *choices, prompt="Where to?") as (
        page,
        ended,
    ):
        await page.get_by_label("Production").check()
        await page.get_by_role("button", name="Submit selection", exact=True).click()
    assert ended[0].code == 0, ended[0]
    assert ended[0].out.splitlines()[-1] == "Human response received: Production"

    told = await older.programs.run("notify", "--message", "It runs.", program="hitl-cli")
    assert (told.code, told.out.splitlines()[-1]) == (0, "✅ Notification sent."), told

    before = older.token["refresh_token"]
    older.end_token()
    arguments = ("notify-completion", "--summary", "All done.", "--agent-name", "Night shift")
    async with older.asking(*arguments, prompt="All done.") as (page, ended):
        await page.get_by_role("textbox").fill("Ship it")
        await page.get_by_role("button", name="Send answers", exact=True).click()
    assert ended[0].code == 0, ended[0]
    assert ended[0].out.splitlines()[-1] == "✅ Human response received: Ship it"
    assert older.token["refresh_token"] != before

    logout = await older.programs.run("logout", program="hitl-cli")
    assert (logout.code, logout.out) == (0, "Logged out successfully!\n"), logout
    assert older.files() == {"agent.key"}


async def test_what_it_encrypts_is_for_a_device_alone(older, server, alice):
    """It registers its key while somebody is logged in, then asks with a key of the same person's agent."""
    household = Household(server, sign_in(server, "Alice", kind=SessionKind.TERMINAL))
    device = household.add("phone")
    assert (await older.log_in("Encrypting")).code == 0
    key = new_key(server.settings, "night shift", ActorKind.AGENT, owner="Alice")
    request = ("request", "--prompt", "Which?", "--choice", "red", "--choice", "blue", "--e2ee")
    async with older.programs.start(*request, program="hitl-cli", HITL_API_KEY=key) as program:
        asked = await asyncio.to_thread(household.answer_box, device, "blue")
        done = await program.ends()
    assert asked == {"prompt": "Which?", "choices": ["red", "blue"], "placeholder_text": ""}
    assert done.code == 0, done
    assert done.out.splitlines()[-1] == "Human response received: blue"

    finished = ("notify-completion", "--summary", "All done.", "--e2ee")
    async with older.programs.start(*finished, program="hitl-cli", HITL_API_KEY=key) as program:
        asked = await asyncio.to_thread(household.answer_box, device, "Ship it")
        done = await program.ends()
    assert (done.code, asked) == (0, {"summary": "All done."}), done
    assert done.out.splitlines()[-1] == "✅ Human response received: Ship it"

    told = await older.programs.run(
        "notify", "--message", "It runs.", "--e2ee", program="hitl-cli", HITL_API_KEY=key
    )
    assert told.code == 0, told
    assert newest_notice(server, household, device, key) == {"message": "It runs."}

    # Its proxy reads no answer ("Unknown encrypted response format"), but what it tells arrives.
    async with older.proxied() as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "notify_human" in names
        await client.call_tool("notify_human", {"message": "By proxy."})
    token = older.token["access_token"]
    assert newest_notice(server, household, device, token) == {"message": "By proxy."}


def newest_notice(server, household, device, key):
    """Open the newest notice of an agent, as a device does that knows the keys of its owner's agents."""
    headers = {"authorization": f"Bearer {key}"}
    notice = server.anyone.get("/api/v1/notices?limit=1", headers=headers).json()["notices"][0]
    assert notice["message"] == "Encrypted notice"
    senders = [{"key": one} for one in household.sender_keys("night shift")]
    return household.read_box(device, notice["envelope"], senders)[0]
