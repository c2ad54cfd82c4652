"""End-to-end encryption as `HITL` uses it. It is loaded by those who want it alone."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from openhitl.agent.questions import OpenCase, Terms
from openhitl.client.config import ClientConfig
from openhitl.client.session import Session
from openhitl.protocol.case import Json
from openhitl.protocol.outcomes import Decision


class Encryption(Protocol):
    """Asks what only people's devices can read. Raises, in every method: HitlError."""

    async def create(self, prompt: str, question: Json, terms: Terms, agent_name: str | None) -> OpenCase:
        """Make a case, and return it as it reads in the clear."""

    async def notify(self, message: str, agent_name: str | None) -> str:
        """Tell people something that wants no answer; return the notice's id."""

    def read(self, shown: OpenCase) -> OpenCase:
        """Return a case of ours as it reads in the clear. Raises: NotEncrypted for any other."""

    def told(self, case_id: str) -> None:
        """Note that whoever asked knows the end of a case: it is no answer to a question asked later."""

    def opened(self, case: OpenCase, decision: Decision) -> Decision:
        """Return a decision as the human made it. Raises: EnvelopeRefused if it cannot be believed."""


def load_encryption(config: ClientConfig, session: Session) -> Encryption:
    """Load what encrypts: it takes a library that no agent should wait for that asks in the clear."""
    made: Encryption = import_module("openhitl.agent.sealed.desk").SealedDesk(config, session)
    return made
