"""How a case of the service ended."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from openhitl.cases import Casebook, StoredCase
from openhitl.protocol.case import Json
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import Decision, decision_from


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDecision(Decision):
    """A decision, with what the service said when it asked: `type`, and the `metadata` of its own."""

    type: str
    metadata: Json = field(default_factory=dict)


def decision_of(book: Casebook, stored: StoredCase) -> CaseDecision:
    """Read the decision of a final case, its receipt included; sensitive values are masked in print."""
    body = book.receipts.poll_body(stored.case, stored.answer, stored.place)
    decision = decision_from(parse_poll(body), context=stored.content.context)
    told = {one.name: getattr(decision, one.name) for one in fields(Decision)}
    return CaseDecision(**told, type=stored.content.type, metadata=stored.content.metadata)
