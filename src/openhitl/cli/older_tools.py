"""The tools for servers that know only the older envelopes: what is asked goes to the first device alone."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp_types import CallToolResult, TextContent

from openhitl.asking.arguments import Arguments
from openhitl.asking.calls import Call
from openhitl.asking.results import text
from openhitl.asking.sealed_tools import SUFFIX
from openhitl.asking.tools import TOOLS, AskingTool
from openhitl.cli.remote_tools import RemoteTools
from openhitl.client import requests
from openhitl.client.agent_keys import AgentKey
from openhitl.client.session import Session
from openhitl.errors import EnvelopeRefused, NoDevice, PeerError, ServerUnreachable
from openhitl.protocol.sealed.box import open_box, read_key, seal_box, write_key
from openhitl.protocol.sealed.keys import Keys

#: How often a call is made again whose connection broke; the same payload joins the open question.
ATTEMPTS = 60
PAUSE_SECONDS = 2.0
#: What wants no answer; sent again, it would be told again.
NOTICE = "notify_human"
#: What is not part of the question.
_OUTSIDE = ("agent_name",)


@dataclass(frozen=True, slots=True)
class OlderWay:
    """Encrypts to the first device that a server names.

    The server could name a key of its own, an answer is bound to no question, and every device but one is
    left out: whoever can should have a server that knows the newer envelopes.
    """

    server: str
    session: Session
    remote: RemoteTools
    keys: Keys
    #: What was sent and has no answer yet: asked again, it is the same question only if it reads the same.
    waiting: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    async def call(self, call: Call, given: Arguments) -> CallToolResult:
        """Encrypt the arguments, call the twin, and decrypt what it answers."""
        said = given.model_dump(exclude_none=True)
        plain = json.dumps({name: value for name, value in said.items() if name not in _OUTSIDE})
        asked = f"{call.tool} {plain}"
        device, payload = self.waiting.get(asked) or await self._sealed(plain)
        if call.tool == NOTICE:
            return await self.remote.call(call.context, call.tool + SUFFIX, {"encrypted_payload": payload})
        self.waiting[asked] = device, payload
        result = await self._until_answered(call, payload)
        if result.is_error:
            return result
        words = _words(open_box(_text_of(result), self.keys, device))
        self.waiting.pop(asked, None)
        return text(words)

    async def _sealed(self, plain: str) -> tuple[bytes, str]:
        device = await self._device()
        return device, seal_box(plain, self.keys, device, nonce=secrets.token_bytes(24))

    async def _until_answered(self, call: Call, payload: str) -> CallToolResult:
        attempt = 1
        while True:
            try:
                sealed = {"encrypted_payload": payload}
                return await self.remote.call(call.context, call.tool + SUFFIX, sealed)
            except ServerUnreachable:
                if attempt == ATTEMPTS:
                    raise
            attempt += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _device(self) -> bytes:
        request = requests.device_keys(self.server)
        body = (await self.session.exchange(request)).json()
        found = body.get("public_keys") if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise PeerError("The server's answer names no devices.")
        if not found:
            raise NoDevice
        return read_key(str(found[0]))


async def older_way(server: str, session: Session, remote: RemoteTools, key: AgentKey) -> OlderWay:
    """Have a server tell devices our key, under the id of an agent of ours."""
    keys = Keys(await asyncio.to_thread(key.load))
    agents = (await session.exchange(requests.list_agents(server))).json()
    agent_id = str(agents[0]["id"]) if isinstance(agents, list) and agents else None
    await session.exchange(requests.register_key(server, write_key(keys.public), agent_id=agent_id))
    return OlderWay(server, session, remote, keys)


def older_tools(way: OlderWay, twins: Sequence[str]) -> list[AskingTool[Any]]:
    """Make the tools that have a twin: they take and answer what they always did."""
    return [
        AskingTool(
            tool.name,
            tool.title,
            tool.description,
            tool.arguments,
            way.call,
            answers_data=tool.answers_data,
        )
        for tool in TOOLS
        if tool.name + SUFFIX in twins
    ]


def _text_of(result: CallToolResult) -> str:
    texts = [block.text for block in result.content if isinstance(block, TextContent)]
    if len(texts) != 1:
        raise EnvelopeRefused("The server's answer is no envelope.")
    return texts[0]


def _words(plain: str) -> str:
    """Take the words out of an answer, which devices spell bare or as `{"response"}`."""
    try:
        said = json.loads(plain)
    except ValueError:
        return plain
    return str(said["response"]) if isinstance(said, dict) and set(said) == {"response"} else plain
