"""Cases, actors and answers to test the rules on, and the vectors that other languages can share."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from openhitl.protocol.case import (
    Actor,
    ActorKind,
    Answer,
    Assurance,
    Content,
    DefaultAction,
    ReviewCase,
    Status,
)
from openhitl.protocol.creation import Asked, Asking, parse_creation

NOW = datetime(2026, 2, 20, 10, tzinfo=UTC)
CASE_ID = "review_0001abcd"
VECTORS = Path(__file__).parent.parent / "vectors"
HUMAN = Actor(kind=ActorKind.LINK, id=f"link:{CASE_ID}:0", surface="page")
AGENT = Actor(kind=ActorKind.AGENT, id="agent:1")


def vectors(name: str) -> Any:
    """Read a file of vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def case_bodies() -> dict[str, Any]:
    """Read the example create bodies by name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((VECTORS / "cases").iterdir())
    }


def asking(**more: Any) -> Asking:
    given: dict[str, Any] = {
        "case_id": CASE_ID,
        "agent_name": "alice's agent",
        "agent_id": 1,
        "relays_answers": False,
    }
    return Asking(**{**given, **more})


def asked(body: dict[str, Any], **more: Any) -> Asked:
    """Read a create body as an agent's, at NOW."""
    return parse_creation(body, asking(**more), now=NOW)


def content(review_type: str = "approval", context: dict[str, Any] | None = None, **more: Any) -> Content:
    given: dict[str, Any] = {
        "type": review_type,
        "prompt": "Deploy?",
        "message": "Deploy?",
        "context": context or {},
        "timeout": "24h",
        "default_action": DefaultAction.SKIP,
        "agent": "alice's agent",
        "shown_digest": "shown",
    }
    return Content(**{**given, **more})


def case(status: Status = Status.PENDING, **more: Any) -> ReviewCase:
    """Make a case created at NOW that expires a day later."""
    given: dict[str, Any] = {
        "case_id": CASE_ID,
        "agent_id": 1,
        "type": "approval",
        "status": status,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "default_action": DefaultAction.SKIP,
    }
    if status in (Status.COMPLETED, Status.EXPIRED, Status.CANCELLED):
        given["finished_at"] = NOW + timedelta(hours=1)
    return ReviewCase(**{**given, **more})


def answer(action: str = "approve", data: dict[str, Any] | None = None, **more: Any) -> Answer:
    given: dict[str, Any] = {
        "action": action,
        "data": data or {},
        "shown_digest": "shown",
        "data_digest": "data",
        "mode": "browser_submit",
    }
    return Answer(**{**given, **more})


def human(**more: Any) -> Actor:
    given: dict[str, Any] = {"kind": ActorKind.PERSON, "id": "person:1", "assurance": Assurance.SIGNED_IN}
    return Actor(**{**given, **more})
