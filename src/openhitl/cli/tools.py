"""The tools of an agent on this machine: asked through its client, carried over standard input and output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Protocol, Self

from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCResponse, RequestId

from openhitl import __version__
from openhitl.agent import HITL, Decision, OpenCase
from openhitl.asking.calls import Context
from openhitl.asking.handovers import Handover
from openhitl.asking.pace import Pace
from openhitl.asking.questioner import Asked, Question
from openhitl.asking.tool_server import Elsewhere, tool_server
from openhitl.asking.tools import TOOLS, AskingTool
from openhitl.client.config import ClientConfig
from openhitl.errors import HitlError
from openhitl.protocol.case import Json


class ClientQuestioner:
    """Asks through an agent's client.

    Args:
        tell: gets a case to a human at this machine; blocks.
        e2ee: whether what is asked is encrypted to people's devices.
    """

    def __init__(self, config: ClientConfig, tell: Callable[[OpenCase], None], *, e2ee: bool) -> None:
        self.hitl = HITL(config=config, announce=self._announce, e2ee=e2ee)
        self._tell = tell
        self._cases: dict[str, OpenCase] = {}

    async def ask(self, question: Question) -> Asked:
        """Make a case, or join the one of the same question that lives. Raises: HitlError."""
        case = await self.hitl.create(
            question.prompt,
            question.question,
            request_key=question.request_key,
            agent_name=question.agent_name or "",
            **question.terms,
        )
        return self._asked(case)

    async def find(self, case_id: str) -> Asked:
        """Find a case of this agent. Raises: NotFound."""
        return self._asked(await self.hitl.look_up(case_id))

    async def end_of(self, asked: Asked) -> Decision:
        """Wait for the end of a case, whether or not the server is there all the time."""
        return await self.hitl.wait(self._cases[asked.case_id])

    async def received(self, case_id: str) -> None:
        """Note that whoever asked has the answer."""
        self._cases.pop(case_id, None)
        await self.hitl.received(case_id)

    async def notify(self, said: Json, agent_name: str | None) -> str:
        """Tell people something that wants no answer."""
        return await self.hitl.notify(said["message"], agent_name)

    def _asked(self, case: OpenCase) -> Asked:
        # Not ended by waiting: the answer has yet to be handed over.
        self._cases[case.case_id] = replace(case, keyed=False)
        return Asked(
            case_id=case.case_id,
            type=case.type,
            prompt=case.prompt,
            context=case.context,
            default_action=case.default_action,
            review_url=case.review_url,
        )

    async def _announce(self, case: OpenCase) -> None:
        if case.reminder or case.case_id not in self._cases:
            await asyncio.to_thread(self._tell, case)


class StdioLine:
    """Standard input and output: it carries all calls of one client."""

    def __init__(self, questioner: ClientQuestioner) -> None:
        self.questioner = questioner
        self._handovers: dict[RequestId | None, Handover] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def carry(self, context: Context, handover: Handover) -> None:
        """End this handover once the response to this call is written."""
        self._handovers[context.request_id] = handover

    def written(self, message: object) -> None:
        """Note what was written."""
        handover = self._handovers.pop(message.id, None) if isinstance(message, JSONRPCResponse) else None
        if handover is not None:
            noting = asyncio.create_task(_note(handover))
            self._noting.add(noting)
            noting.add_done_callback(self._noting.discard)

    async def hang_up(self) -> None:
        """End once all is noted."""
        await asyncio.gather(*self._noting)


async def _note(handover: Handover) -> None:
    with suppress(HitlError):  # the answer is there for an hour, should the same be asked again
        await handover.sent()


class _Outgoing(Protocol):
    """A stream of messages to a client."""

    async def send(self, item: SessionMessage, /) -> None: ...

    async def aclose(self) -> None: ...


class _Written:
    """Messages to a client; the line is told of each one that was written."""

    def __init__(self, stream: _Outgoing, line: StdioLine) -> None:
        self._stream = stream
        self._line = line

    async def send(self, item: SessionMessage, /) -> None:
        await self._stream.send(item)
        self._line.written(item.message)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def serve_stdio(
    config: ClientConfig,
    tell: Callable[[OpenCase], None],
    *,
    e2ee: bool = False,
    offered: Sequence[AskingTool[Any]] = TOOLS,
    elsewhere: Elsewhere | None = None,
) -> None:
    """Serve tools until standard input ends; see `ClientQuestioner` and `tool_server`."""
    questioner = ClientQuestioner(config, tell, e2ee=e2ee)
    line = StdioLine(questioner)
    server = tool_server(lambda context: line, Pace(), __version__, offered=offered, elsewhere=elsewhere)
    async with questioner.hitl, stdio_server() as (incoming, outgoing):
        written = _Written(outgoing, line)
        await server.run(incoming, written, server.create_initialization_options())
        await line.hang_up()
