"""What can be asked of a case. `lifecycle.decide` says what comes of it."""

from __future__ import annotations

from openhitl.protocol.case import Answer, Content, Json, Progress, ReviewCase
from openhitl.protocol.record import record


@record(frozen=True, slots=True, kw_only=True)
class TokenHash:
    """One token of a case as it is stored: purpose review, submit or poll, and SHA-256 of it."""

    purpose: str
    hash: bytes
    generation: int = 0


@record(frozen=True, slots=True, kw_only=True)
class Create:
    """Make a case. `case` is complete, its status pending.

    With an `idempotency_key` the same agent and key joins the case made before, if
    `request_digest` (of the parsed body) is the same. `hands_over`: the decision is for a handler.
    `assignees` are the people who may answer, by number; without any, those whom the agent belongs to.
    `is_named`: whoever asks has chosen the case_id, which must be no other case's.
    """

    case: ReviewCase
    content: Content
    tokens: tuple[TokenHash, ...]
    idempotency_key: str | None = None
    request_digest: bytes | None = None
    hands_over: bool = False
    assignees: tuple[int, ...] = ()
    is_named: bool = False

    @property
    def case_id(self) -> str:
        return self.case.case_id


@record(frozen=True, slots=True)
class Open:
    """The human has looked at the page."""

    case_id: str


@record(frozen=True, slots=True, kw_only=True)
class SaveDraft:
    """Keep what the human has typed so far; `values` never holds sensitive ones.

    `base_version` is the draft version the page was made from; None overwrites whatever is there.
    """

    case_id: str
    values: Json
    base_version: int | None = None
    progress: Progress | None = None


@record(frozen=True, slots=True, kw_only=True)
class Submit:
    """Answer the case. `spent` are digests of the evidence behind it, each of which is good once."""

    case_id: str
    answer: Answer
    submission_id: str | None = None
    spent: tuple[bytes, ...] = ()


@record(frozen=True, slots=True)
class Cancel:
    """Withdraw the question (agent) or refuse to deal with it (human)."""

    case_id: str
    reason: str | None = None


@record(frozen=True, slots=True)
class Tick:
    """Time has passed: send a due reminder, expire a due case."""

    case_id: str


Command = Create | Open | SaveDraft | Submit | Cancel | Tick
