"""hitl-cli 1.2.1 from the registry, unmodified, with `HITL_SERVER_URL` alone: it logs in, asks, logs out.

Whoever says yes and answers does so in Chromium.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, async_playwright, expect

from tests.accounts.visitors import Visitors
from tests.browser.conftest import CHROMIUM, PATIENCE_MS
from tests.cli.programs import Programs, Transcript
from tests.dropin.callback_port import callback_port
from tests.dropin.cases import next_case
from tests.dropin.older import installed
from tests.oauth.world import Person
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
