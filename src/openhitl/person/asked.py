"""A case as the person who may answer it gets it from a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from openhitl.errors import CallerError, PeerError
from openhitl.person.sealed import Question
from openhitl.protocol.brief import HIGH_RISK, LOW_RISK, brief_actions
from openhitl.protocol.case import Assurance, Content, DefaultAction, Json, Status, actions_of, ref_of
from openhitl.protocol.context import Context
from openhitl.protocol.policies import REFUSING
from openhitl.protocol.record import record
from openhitl.protocol.sealed.envelope import Opened
from openhitl.protocol.timestamps import parse_timestamp

HANDED = "It was asked before this terminal was one of your devices: answer it on one that was."

#: How urgent a risk is in a list, from 0.
_RANKS = {"high": 0, "unknown": 1, "none": 2, "low": 3}


@record(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a case ended; `by` is empty where the server does not say who it was."""

    status: Status
    at: datetime | None
    by: str = ""
    action: str = ""
    data: Json = field(default_factory=dict, repr=False)
    reason: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Seal:
    """That a case is encrypted: `question` is what it was opened from, or `trouble` says why it was not.

    `words` are the six words of the key that asked, `is_new` that none of its agent's was opened
    here before. `answer` is the envelope of its answer, if that was opened too; `answer_trouble` says why an
    answer that there is was not.
    """

    question: Question | None = None
    words: str = ""
    is_new: bool = False
    trouble: str = ""
    answer: Opened | None = None
    answer_trouble: str = ""

    @property
    def takes_no_answer(self) -> str:
        """Why it takes none here; empty if it does."""
        return HANDED if self.question is not None and self.question.is_handed else self.trouble


@record(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked, and how it stands. `context` is what was sent, `parts` what its names mean.

    `parts` is None for a context that cannot be read: all of it is drawn as values then. `ended` is
    None while the case waits. `agent_id` tells agents of one name apart; empty where it is not known.
    """

    case_id: str
    type: str
    prompt: str
    message: str
    agent: str
    context: Json
    parts: Context | None
    status: Status
    created_at: datetime | None
    expires_at: datetime
    default_action: str
    assurance: str
    agent_id: str = ""
    previous_case_id: str | None = None
    next_case_id: str | None = None
    policy: Json | None = None
    ended: Ended | None = None
    seal: Seal | None = None

    @property
    def ref(self) -> str:
        return ref_of(self.case_id)

    @property
    def actions(self) -> tuple[str, ...]:
        """The answers that can be given here: none to what could not be opened, or was handed over."""
        return () if self.seal is not None and self.seal.takes_no_answer else actions_of(self.type)

    @property
    def risk(self) -> str:
        """One of high, low, none (nothing was said) and unknown (a word in between, or the agent's own)."""
        if self.parts is None or self.parts.risk is None:
            return "none"
        level = self.parts.risk.level.strip().lower()
        return "high" if level in HIGH_RISK else "low" if level in LOW_RISK else "unknown"

    @property
    def is_grave(self) -> bool:
        """Whether letting it happen takes the typed reference code."""
        return self.risk == "high" or bool(self.parts and self.parts.irreversible)

    def needs_ref(self, action: str, data: Json) -> bool:
        """Tell whether an answer takes the typed reference code: saying no, or not so, never does."""
        lets_happen = action not in REFUSING and (action != "edit" or bool(data.get("edits")))
        return self.is_grave and lets_happen

    def needs_browser(self, action: str) -> bool:
        """Tell whether only a browser can give this answer, as it takes evidence. HITL v0.8 §7.6."""
        if self.assurance == Assurance.PASSKEY:
            return True
        policy = self.policy or {}
        if "browser_submit" not in policy.get("required_for", ()):
            return False
        mode = policy.get("mode")
        return mode == "required" or (mode == "step_up" and action not in REFUSING)

    @property
    def urgency(self) -> tuple[datetime, int]:
        """What stands first in a list: by deadline, then by risk."""
        return self.expires_at, _RANKS[self.risk]

    @property
    def brief_actions(self) -> tuple[str, ...]:
        """The answers that can be given beside others, as a row of a list says all that is asked."""
        if self.seal is not None or self.policy is not None or self.assurance not in list(Assurance):
            return ()
        return brief_actions(self.content(), Assurance(self.assurance))

    def content(self) -> Content:
        """Return what was asked as the rules of answers want it."""
        return Content(
            type=self.type,
            prompt=self.prompt,
            message=self.message,
            context=self.context,
            timeout="",
            default_action=DefaultAction.SKIP,
            agent=self.agent,
            previous_case_id=self.previous_case_id,
        )


def read_asked(view: Any) -> Asked:
    """Read a case of `GET /api/v1/inbox`. Raises: PeerError if it is none."""
    try:
        context = view["context"] if isinstance(view.get("context"), Mapping) else {}
        review_type = str(view["type"])
        return Asked(
            case_id=str(view["case_id"]),
            type=review_type,
            prompt=str(view["prompt"]),
            message=str(view.get("message") or ""),
            agent=str(view.get("agent") or ""),
            context=context,
            parts=_parts(review_type, context),
            status=Status(view["status"]),
            created_at=_instant(view.get("created_at")),
            expires_at=parse_timestamp(view["expires_at"]),
            default_action=str(view.get("default_action") or "skip"),
            assurance=str(view.get("assurance") or ""),
            agent_id=str(view.get("agent_id") or ""),
            previous_case_id=view.get("previous_case_id"),
            next_case_id=view.get("next_case_id"),
            policy=view.get("verification_policy"),
            ended=_ended(view),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PeerError("The server's answer is not a case of an inbox.") from error


def in_clear(view: Json, asked: Asked) -> Json:
    """Spell a case as its server does, what was encrypted in the clear; `encrypted` says that it was."""
    if asked.seal is None:
        return view
    if asked.seal.question is None:
        return {**view, "encrypted": {"trouble": asked.seal.trouble}}
    told = {
        **view,
        **asked.seal.question.said,
        "encrypted": {"words": asked.seal.words, "new": asked.seal.is_new},
    }
    if asked.seal.answer_trouble:
        told["encrypted"]["answer_trouble"] = asked.seal.answer_trouble
    elif asked.ended is not None and asked.ended.action:
        told["result"] = {"action": asked.ended.action, "data": dict(asked.ended.data)}
    return told


def _parts(review_type: str, context: Json) -> Context | None:
    try:
        return Context.parse(review_type, context, lenient=True)
    except CallerError:
        return None


def _ended(view: Mapping[str, Any]) -> Ended | None:
    status = Status(view["status"])
    if not status.is_final:
        return None
    result, who = view.get("result") or {}, view.get("responded_by") or {}
    return Ended(
        status=status,
        at=_instant(view.get(f"{status}_at")),
        by=str(who.get("name") or who.get("email") or ""),
        action=str(result.get("action") or ""),
        data=result.get("data") or {},
        reason=str(view.get("reason") or ""),
    )


def _instant(text: Any) -> datetime | None:
    return parse_timestamp(text) if isinstance(text, str) else None
