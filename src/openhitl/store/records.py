"""What the store hands out: rows as values."""

from __future__ import annotations

from datetime import datetime

from openhitl.protocol.case import ActorKind, Answer, Assurance, Content, Json, ReviewCase
from openhitl.protocol.lifecycle import Decision, Event
from openhitl.protocol.receipts import LogPlace
from openhitl.protocol.record import record
from openhitl.protocol.scopes import ALL_SCOPES, Scope


@record(frozen=True, slots=True, kw_only=True)
class StoredCase:
    """A case with all that belongs to it. `place` is where the log records its answer."""

    case: ReviewCase
    content: Content
    answer: Answer | None = None
    place: LogPlace | None = None


@record(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the human has typed so far; never holds sensitive values."""

    values: Json
    version: int
    saved_at: datetime


@record(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """Whose token a hash is. `purpose` is review, submit or poll."""

    case_id: str
    purpose: str
    generation: int


@record(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody who asks. `assurance` is the least that its owners want of its cases, None for the usual."""

    agent_id: int
    name: str
    assurance: Assurance | None = None
    disabled_at: datetime | None = None


@record(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """An API key that is not revoked, and its agent, with the assurance that its owners want."""

    key_id: int
    agent_id: int
    agent_name: str
    kind: ActorKind
    scopes: frozenset[Scope] = ALL_SCOPES
    assurance: Assurance | None = None


@record(frozen=True, slots=True, kw_only=True)
class KeyListed:
    """An API key as its owners see it; `name` is what it was called when it was made."""

    key_id: int
    agent_id: int
    agent_name: str
    kind: ActorKind
    name: str
    scopes: frozenset[Scope]
    created_at: datetime


@record(frozen=True, slots=True, kw_only=True)
class Notice:
    """What an agent told its people. `agent` is who it is from, as people read it.

    With an `envelope`, what was told is in there, and `message` says no more than that; `sealed_id` is what
    its head calls it.
    """

    number: int
    agent_id: int
    kind: str
    message: str
    agent: str
    created_at: datetime
    envelope: str | Json | None = None
    sealed_id: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One link of the log: its place in commit order and the case's event it records, if it is one."""

    position: int
    event: Event | None


@record(frozen=True, slots=True, kw_only=True)
class Committed:
    """One decision that is durable now; positions are None when it wrote nothing to the log.

    `place` is where the log records the answer, if it is one. `is_due`: it left jobs to be done at once.
    """

    decision: Decision
    is_due: bool = False
    first_position: int | None = None
    last_position: int | None = None
    place: LogPlace | None = None


@record(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a command: the decision, and for an idempotent create that joined, what it joined."""

    decision: Decision
    created: bool = False
    joined: StoredCase | None = None
