"""A server under test, the people there, and what its agent asks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from tests.people import SignedInClient
from tests.servers import RunningServer

#: Small enough for a row.
BRIEF: dict[str, Any] = {
    "type": "approval",
    "prompt": "Approve the reply to Northwind",
    "context": {"risk": {"level": "low", "reasons": ["It can be taken back until 18:00."]}},
}


@dataclass(frozen=True)
class House:
    """A server whose agent belongs to Ana, and where Bo has an account, too."""

    server: RunningServer
    ana: SignedInClient
    bo: SignedInClient

    def ask(self, **fields: Any) -> str:
        """Ask something brief, unless `fields` say otherwise; return the id of the case."""
        return str(self.server.ask({**BRIEF, **fields}, as_service=False)["case_id"])

    def case(self, case_id: str) -> dict[str, Any]:
        """What the agent knows of a case."""
        answer = self.server.agent.get(f"/api/v1/reviews/{case_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def respond(
        self, who: SignedInClient, case_id: str, action: str = "approve", **fields: str
    ) -> httpx2.Response:
        """Press a button in a row."""
        return who.post(f"/inbox/{case_id}/respond", data={"action": action, **fields})
