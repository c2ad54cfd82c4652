"""What a review case is: its words, its immutable content and its small mutable state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from openhitl.protocol.policies import VerificationPolicy
from openhitl.protocol.record import record

SPEC_VERSION = "0.8"
MAX_PROMPT_CHARACTERS = 500  # HITL v0.8 §6
Json = Mapping[str, Any]


class Status(StrEnum):
    """The six statuses of a review case. HITL v0.8 §8."""

    PENDING = "pending"
    OPENED = "opened"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in FINAL


FINAL = frozenset({Status.COMPLETED, Status.EXPIRED, Status.CANCELLED})

#: Actions of the standard types. HITL v0.8 §10.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "approval": ("approve", "edit", "reject"),
    "selection": ("select",),
    "input": ("submit",),
    "confirmation": ("confirm", "cancel"),
    "escalation": ("retry", "skip", "abort"),
}
CUSTOM_TYPE_ACTIONS = ("submit",)  # HITL v0.8 §10 "Custom Types": treated as input
#: What only people's devices can read: the context is an envelope, and so is the answer's data.
SEALED_TYPE = "x-sealed"
#: All that pages and messages say of such a case.
NEUTRAL_PROMPT = "Encrypted request"


def actions_of(review_type: str) -> tuple[str, ...]:
    """Name the actions that answer a case of this type; custom `x-` types are answered like input."""
    return ACTIONS.get(review_type, CUSTOM_TYPE_ACTIONS)


def ref_of(case_id: str) -> str:
    """Return the short name of a case that people can say to each other."""
    return case_id[-4:].upper()


class DefaultAction(StrEnum):
    """What the agent is told to do when nobody answered. HITL v0.8 §6."""

    SKIP = "skip"
    APPROVE = "approve"
    REJECT = "reject"
    ABORT = "abort"


class Assurance(StrEnum):
    """How sure a case wants to be of who answers, weakest first."""

    LINK = "link"
    SIGNED_IN = "signed_in"
    PASSKEY = "passkey"


class ActorKind(StrEnum):
    """Who does something. `agent` and `service` ask and can never answer; `operator` owns the data folder."""

    AGENT = "agent"
    SERVICE = "service"
    PERSON = "person"
    LINK = "link"
    RELAYED = "relayed"
    RULE = "rule"
    CLOCK = "clock"
    OPERATOR = "operator"


#: Kinds whose submit counts as a human's answer.
ANSWERING = frozenset({ActorKind.PERSON, ActorKind.LINK, ActorKind.RELAYED, ActorKind.RULE})


@record(frozen=True, slots=True)
class Actor:
    """Who acts, how sure we are of it, and on which surface.

    `id` is stable for the same person or token, e.g. `link:review_…:0`, `agent:7`, `slack:U123`.
    `surface` is one of page, inbox, terminal, chat, inline, embedded, api, demo, clock.
    """

    kind: ActorKind
    id: str
    assurance: Assurance = Assurance.LINK
    surface: str = "api"
    name: str | None = None


CLOCK = Actor(kind=ActorKind.CLOCK, id="clock", surface="clock")


@record(frozen=True, slots=True, kw_only=True)
class Content:
    """What a case says; never changed after creation.

    `agent` is the asker's display name. `timeout` is as the creator wrote it. `metadata` belongs to
    the creator and is not shown. `callback_url` is told how the case ended; `policy` says what evidence an
    answer needs. `shown_digest` is base64url SHA-256 over RFC 8785 of what is shown (see
    `protocol.shown`).
    """

    type: str
    prompt: str
    message: str
    context: Json
    timeout: str
    default_action: DefaultAction
    agent: str
    reminder_at: tuple[datetime, ...] = ()
    previous_case_id: str | None = None
    inline_actions: tuple[str, ...] | None = None
    metadata: Json = field(default_factory=dict)
    callback_url: str | None = None
    policy: VerificationPolicy | None = None
    shown_digest: str = ""

    @property
    def is_sealed(self) -> bool:
        """Whether people's devices alone can read it."""
        return self.type == SEALED_TYPE


@record(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the human is in a form. HITL v0.8 §10.3.4."""

    current_step: int
    total_steps: int
    completed_fields: int
    total_fields: int


@record(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """The state of a case: everything about it that may change, and the keys to what may not.

    `agent_id` is the row of the agent whose credential made it, None for one made without. `version`
    counts changes of the poll body, from 1; `seq` is the number of the last event, from 1 (creation).
    `reminders` are those not yet sent, in order. `finished_at` is completed, expired or cancelled at, as
    the status says; `calls_back` that its creator wants to be told then; `ended_by` is the id of the
    actor who answered or cancelled. `draft_version` counts saved drafts from 0. All instants are aware
    UTC with whole milliseconds.
    """

    case_id: str
    agent_id: int | None
    type: str
    status: Status
    created_at: datetime
    expires_at: datetime
    default_action: DefaultAction
    version: int = 1
    seq: int = 1
    assurance: Assurance = Assurance.LINK
    demo: bool = False
    calls_back: bool = False
    opened_at: datetime | None = None
    finished_at: datetime | None = None
    reason: str | None = None
    reminders: tuple[datetime, ...] = ()
    reminder_sent_at: datetime | None = None
    draft_version: int = 0
    progress: Progress | None = None
    previous_case_id: str | None = None
    next_case_id: str | None = None
    submission_id: str | None = None
    ended_by: str | None = None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def wake_at(self) -> datetime | None:
        """When the clock has something to do here; None once the case is final."""
        if self.is_final:
            return None
        return min((self.expires_at, *self.reminders))


@record(frozen=True, slots=True, kw_only=True)
class SubmittedBy:
    """Who pressed the button, as the relaying agent says. HITL v0.8 §7.5."""

    platform: str
    platform_user_id: str
    display_name: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Answer:
    """A validated answer, bound to what was shown.

    `data` is complete, `sensitive` names its top-level keys that must not reach logs or events.
    `mode` is browser_submit or inline_submit. Digests are base64url SHA-256 over RFC 8785; the one of
    sensitive data is keyed, so that it cannot be guessed. `signer` is where the keys of its receipt are
    published: the address that the service had when it took the answer. `verification` is what became
    of the case's verification policy, normalised. HITL v0.8 §7.6.
    """

    action: str
    data: Json
    shown_digest: str
    data_digest: str
    mode: str
    sensitive: frozenset[str] = frozenset()
    submitted_via: str | None = None
    submitted_by: SubmittedBy | None = None
    name: str | None = None
    email: str | None = None
    signer: str | None = None
    verification: Json | None = None

    @property
    def public_data(self) -> dict[str, Any]:
        """The data without sensitive values."""
        return {key: value for key, value in self.data.items() if key not in self.sensitive}
