"""The server's own part of a page: who asks what, until when, at what risk."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.brief import HIGH_RISK, LOW_RISK
from openhitl.protocol.case import DefaultAction, ref_of
from openhitl.protocol.record import record
from openhitl.review.pages.labels import type_name
from openhitl.review.pages.moments import Moment
from openhitl.review.pages.rounds import Rounds, rounds_of
from openhitl.review.pages.sheet import Sheet


@record(frozen=True, slots=True, kw_only=True)
class Risk:
    """How risky the agent says it is; `tone` is the colour family that says so."""

    level: str
    label: str
    tone: str
    reasons: Sequence[str]

    @property
    def is_high(self) -> bool:
        return self.tone == "danger"


@record(frozen=True, slots=True, kw_only=True)
class Frame:
    """All of the server zone. `silence` is the default action.

    `lost_ref` names a round before this that is no longer kept, `next_ref` one that came after it.
    """

    agent: str
    ref: str
    type_name: str
    prompt: str
    deadline: Moment
    silence: DefaultAction
    risk: Risk | None
    consequences: Sequence[tuple[str, str]]
    irreversible: bool
    warning: str
    rounds: Rounds | None
    lost_ref: str
    next_ref: str


def frame_of(sheet: Sheet) -> Frame:
    """Read the server zone off a case."""
    context = sheet.context
    warning = context.rest.get("warning") if context else None
    case, rounds = sheet.case, rounds_of(sheet)
    return Frame(
        agent=sheet.content.agent,
        ref=ref_of(case.case_id),
        type_name=type_name(sheet.content.type, sheet.words),
        prompt=_prompt(sheet),
        deadline=sheet.moment(case.expires_at),
        silence=sheet.content.default_action,
        risk=_risk(sheet),
        consequences=_consequences(sheet),
        irreversible=bool(context and context.irreversible),
        warning=warning if isinstance(warning, str) else "",
        rounds=rounds,
        lost_ref=ref_of(case.previous_case_id) if case.previous_case_id and not rounds else "",
        next_ref=ref_of(case.next_case_id) if case.next_case_id else "",
    )


def _prompt(sheet: Sheet) -> str:
    """Say what is asked; the words that stand in for an encrypted prompt are the server's own."""
    prompt = sheet.content.prompt
    return sheet.words.gettext(prompt) if sheet.content.is_sealed else prompt


def _risk(sheet: Sheet) -> Risk | None:
    if sheet.context is None or sheet.context.risk is None:
        return None
    risk = sheet.context.risk
    level = risk.level.strip()
    known = level.lower()
    gettext = sheet.words.gettext
    labels = {
        "low": gettext("Low risk"),
        "medium": gettext("Medium risk"),
        "high": gettext("High risk"),
        "critical": gettext("Critical risk"),
    }
    tone = "danger" if known in HIGH_RISK else "plain" if known in LOW_RISK else "warn"
    label = labels.get(known) or gettext("Risk: %(level)s") % {"level": level}
    return Risk(level=level, label=label, tone=tone, reasons=tuple(risk.reasons))


def _consequences(sheet: Sheet) -> list[tuple[str, str]]:
    if sheet.context is None or not sheet.context.consequences:
        return []
    gettext = sheet.words.gettext
    labels = {
        "approve": gettext("If you say yes"),
        "deny": gettext("If you say no"),
        "expire": gettext("If nobody answers"),
    }
    given = sheet.context.consequences
    return [(label, str(given[key])) for key, label in labels.items() if given.get(key)]
