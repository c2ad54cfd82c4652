"""Who asks for the tools: what a server's cases and an agent's client both can do."""

from __future__ import annotations

from typing import Protocol

from openhitl.protocol.case import Json
from openhitl.protocol.outcomes import Decision
from openhitl.protocol.questions import Terms
from openhitl.protocol.record import record


@record(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and the key under which the same question asked again joins its case.

    `question` is `{"type", "context"}`, as `protocol.questions` builds it.
    """

    prompt: str
    question: Json
    terms: Terms
    request_key: str
    agent_name: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Asked:
    """A case that was made, joined or found.

    `review_url` opens its page. `sign_in_url` is set where the page opens to signed-in people only, and
    whoever uses this client is one who may answer: it carries no token and may be handed to a browser.
    """

    case_id: str
    type: str
    prompt: str
    context: Json
    default_action: str
    review_url: str | None = None
    sign_in_url: str | None = None


class Questioner(Protocol):
    """Asks as one agent. Raises, in every method: HitlError for what is refused or does not work."""

    async def ask(self, question: Question) -> Asked:
        """Make a case, or join the one of the same question that lives."""

    async def find(self, case_id: str) -> Asked:
        """Find a case of this agent. Raises: NotFound, the same for a foreign one."""

    async def end_of(self, asked: Asked) -> Decision:
        """Wait for the end of a case. Raises: Stopping if that cannot be waited for here any longer."""

    async def received(self, case_id: str) -> None:
        """Note that whoever asked has the answer: the same question is a new one from now on."""

    async def notify(self, said: Json, agent_name: str | None) -> str:
        """Tell people something that wants no answer, `{"message"}`; return the notice's id."""
