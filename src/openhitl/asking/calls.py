"""One call of a tool: who asks, who waits, and what the client may be told meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import anyio
from mcp.server.context import ServerRequestContext
from mcp_types import ElicitRequest, ElicitRequestURLParams, InputRequiredResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from openhitl.asking.arguments import Arguments
from openhitl.asking.handovers import Handover, Handovers
from openhitl.asking.pace import Pace, beating
from openhitl.asking.questioner import Asked, Question, Questioner
from openhitl.errors import Stopping
from openhitl.protocol import jcs
from openhitl.protocol.case import Json
from openhitl.protocol.outcomes import Decision
from openhitl.protocol.problems import check_storable
from openhitl.protocol.questions import Terms
from openhitl.protocol.visible import one_line

#: What the opening of a page is called when a client is asked for it.
PAGE = "page"
#: What a server knows of a request; nothing of ours lives as long as a server does.
Context = ServerRequestContext[Any, Any]


class Line(Protocol):
    """What a call came by, as whom, and what takes its answer back."""

    @property
    def questioner(self) -> Questioner:
        """Whoever asks for this caller."""

    def carry(self, context: Context, handover: Handover) -> None:
        """End this handover once the response to this very call was sent, or never will be."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that is being called. `inputs` is what the client was asked for when it called before."""

    tool: str
    context: Context
    inputs: Mapping[str, object]
    line: Line
    pace: Pace
    handovers: Handovers

    @property
    def wants_progress(self) -> bool:
        """Whether the client asked to be told that the call goes on. MCP "Progress"."""
        return "progress_token" in (self.context.meta or {})

    def elicitation(self, asked: Asked) -> InputRequiredResult | None:
        """Ask the client to open the page, once; None where that does not fit.

        That it was opened is all that a client can say; the answer comes another way. MCP 2026-07-28
        "Elicitation", URL mode.
        """
        elicits = getattr(self.context.session.client_capabilities, "elicitation", None)
        if asked.sign_in_url is None or elicits is None or elicits.url is None or self.inputs:
            return None
        if self.context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return None  # its requests would need a session
        said = f"Please answer: {one_line(asked.prompt)}"
        opening = ElicitRequestURLParams(message=said, url=asked.sign_in_url)
        return InputRequiredResult(input_requests={PAGE: ElicitRequest(params=opening)})

    async def ask(self, prompt: str, question: Json, terms: Terms, arguments: Arguments) -> Asked:
        """Make the case of these arguments, or join it."""
        asking = Question(
            prompt=prompt,
            question=question,
            terms=terms,
            request_key=self._key(arguments),
            agent_name=getattr(arguments, "agent_name", None),
        )
        asked = await self.line.questioner.ask(asking)
        if await self.handovers.settled(asked.case_id):
            asked = await self.line.questioner.ask(asking)
        return asked

    def _key(self, arguments: Arguments) -> str:
        named: str | None = getattr(arguments, "request_key", None)
        if named is not None:
            return named
        given = arguments.model_dump(exclude_none=True)
        check_storable(given)
        return f"mcp:{hashlib.sha256(jcs.canonical([self.tool, given])).hexdigest()}"

    async def wait(self, asked: Asked, *, seconds: float | None) -> Decision | None:
        """Wait for the end, with beats; None if it has not come after so many seconds."""
        async with beating(partial(self._beat, asked), self.pace.beat_seconds):
            with anyio.move_on_after(seconds):
                return await self._end(asked)
        return None

    async def wait_for_ever(self, asked: Asked) -> Decision:
        """Wait for the end, with beats."""
        async with beating(partial(self._beat, asked), self.pace.beat_seconds):
            return await self._end(asked)

    async def _end(self, asked: Asked) -> Decision:
        decision = await self.line.questioner.end_of(asked)
        self._hand_over(asked)
        return decision

    async def wait_a_while(self, asked: Asked) -> Decision | None:
        """Wait for as long as the client may be kept; None if the end has not come by then."""
        try:
            return await self.wait(asked, seconds=None if self.wants_progress else self.pace.answer_seconds)
        except Stopping:
            return None

    async def _beat(self, asked: Asked, number: int) -> None:
        """Say that the call goes on, and where: whoever waits so is shown no other address."""
        where = asked.sign_in_url or asked.review_url
        said = f"Waiting for a human to answer at {where}" if where else "Waiting for a human to answer."
        await self.context.session.report_progress(number, message=said)

    def _hand_over(self, asked: Asked) -> None:
        handover = self.handovers.begin(asked.case_id, self.line.questioner.received)
        self.line.carry(self.context, handover)
