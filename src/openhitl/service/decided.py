"""How a case of the service ended."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from openhitl.cases import StoredCase
from openhitl.protocol import wire
from openhitl.protocol.case import Json
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import Decision, decision_from


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision(Decision):
    """A decision, with what the service said when it asked: `type`, and the `metadata` of its own."""

    type: str
    metadata: Json = field(default_factory=dict)


def decision_of(stored: StoredCase) -> CaseDecision:
    """Read the decision of a final case, sensitive values included."""
    decision = decision_from(parse_poll(wire.poll_body(stored.case, stored.answer)))
    told = {one.name: getattr(decision, one.name) for one in fields(Decision)}
    return CaseDecision(**told, type=stored.content.type, metadata=stored.content.metadata)
