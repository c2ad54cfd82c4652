"""A client that opens pages is given the one where its own person answers, by no link that opens alone."""

from __future__ import annotations

import asyncio

import pytest
from mcp_types import ElicitResult

from tests.asking.clients import Waiting, connected, said
from tests.oauth.world import Person

pytestmark = pytest.mark.anyio
DEPLOY = {"prompt": "Deploy?", "choices": ["Yes", "No"]}


class Opener:
    """A client's way to open pages, before which its person sits."""

    def __init__(self, person: Person | None, action: str = "accept") -> None:
        self.opened: list[str] = []
        self._person = person
        self._action = action

    async def __call__(self, context, params) -> ElicitResult:
        assert params.mode == "url"
        self.opened.append(params.url)
        if self._person is not None:
            await asyncio.to_thread(self._answer, self._person, params.url)
        return ElicitResult(action=self._action)

    def _answer(self, person: Person, url: str) -> None:
        assert "Deploy?" in person.look(url).text
        answer = {"action": "select", "data": {"selected": ["No"]}}
        headers = {"origin": url.partition("/review/")[0], "x-csrf-token": person.browser.csrf()}
        answered = person.browser.post(
            url.replace("/review/", "/reviews/") + "/respond", json=answer, headers=headers
        )
        assert answered.status_code == 200, answered.text


async def test_who_allowed_the_client_answers_at_the_page_that_it_opens(server, alice, program):
    """MCP 2026-07-28 "Elicitation": the URL is not pre-authenticated; the page knows its person."""
    opener = Opener(alice)
    token = program.tokens(alice)["access_token"]
    async with connected(server.url, token, elicitation_callback=opener) as client:
        assert said(await client.call_tool("request_human_input", DEPLOY)) == "No"
    [url] = opener.opened
    assert "?" not in url
    assert "Deploy?" not in server.anyone.get(url).text


@pytest.mark.parametrize("action", ["decline", "cancel", "accept"])
async def test_that_a_page_was_opened_or_not_is_no_answer(server, alice, program, action):
    """ "accept" means that somebody agreed to open the page; the question stays as open as it was."""
    opener = Opener(None, action)
    token = program.tokens(alice)["access_token"]
    asking = {"prompt": f"Deploy? ({action})"}
    async with connected(server.url, token, elicitation_callback=opener) as client:
        waiting = await Waiting(client, "request_human_input", asking).asked()
        assert len(opener.opened) == 1
        await waiting.dropped()


async def test_where_the_person_is_not_known_no_page_is_handed_out(server, alice, program):
    """A key says nothing about who sits there."""
    opener = Opener(None)
    for token, mode in [
        (server.agent_key, "auto"),
        (program.tokens(alice)["access_token"], "legacy"),  # no such requests without a session
    ]:
        async with connected(server.url, token, mode, elicitation_callback=opener) as client:
            waiting = await Waiting(client, "request_approval", {"prompt": f"Go? {mode}"}).asked()
            await waiting.dropped()
    assert opener.opened == []
