"""A case as one row of a list: who asks what, until when, and what may be answered right there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from babel.dates import format_timedelta

from openhitl.cases import StoredCase
from openhitl.protocol.brief import brief_actions, brief_items
from openhitl.protocol.case import Assurance, DefaultAction
from openhitl.protocol.people import actor_id_of
from openhitl.protocol.record import record
from openhitl.review.pages.approval import approve_label
from openhitl.review.pages.cards import Card, cards_of
from openhitl.review.pages.confirmation import confirm_label
from openhitl.review.pages.frame import Risk, frame_of
from openhitl.review.pages.moments import Moment
from openhitl.review.pages.outcome import outcome_of
from openhitl.review.pages.sheet import Sheet, open_sheet
from openhitl.review.pages.view import PageView
from openhitl.words import N_, Words

#: What is due sooner than this stands out.
SOON = timedelta(hours=1)
_URGENT = timedelta(minutes=30)
_SILENCE: Mapping[DefaultAction, str] = {
    DefaultAction.SKIP: N_("skips"),
    DefaultAction.REJECT: N_("rejects"),
    DefaultAction.ABORT: N_("stops"),
    DefaultAction.APPROVE: N_("approves"),
}
_OPENING: Mapping[str, str] = {
    "approval": N_("Review"),
    "confirmation": N_("Review"),
    "selection": N_("Choose"),
    "input": N_("Fill in"),
    "escalation": N_("Decide"),
}
_OPEN = N_("Open")


@record(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom rows are drawn: `person_id` reads them."""

    words: Words
    now: datetime
    person_id: int
    base: str = ""
    zone: str | None = None


@record(frozen=True, slots=True)
class Choice:
    """A button of a row: the action that it posts, and what it says."""

    action: str
    label: str


@record(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the case of a row ended: `title` is what, `who` by whom."""

    title: str
    who: str
    tone: str
    icon: str
    when: Moment


@record(frozen=True, slots=True, kw_only=True)
class Row:
    """One case of a list.

    `version` tells two drawings of a case apart that say something else. `choices`, and `cards` to choose one
    of, are empty for a case that has to be opened; `opening` is what the button says that leads there.
    `left` is the time that is left, `due_tone` how pressing that is.
    """

    case_id: str
    version: str
    href: str
    type: str
    type_name: str
    agent: str
    agent_id: int | None
    prompt: str
    ref: str
    risk: Risk | None
    needs_passkey: bool
    is_sealed: bool
    deadline: Moment
    expires_at: datetime
    left: str
    due_tone: str
    silence: str
    opening: str
    is_brief: bool
    choices: Sequence[Choice]
    cards: Sequence[Card]
    ended: Ended | None

    @property
    def kind(self) -> str:
        """Name what this row has in common with others that can be answered together with it."""
        return f"{self.agent_id}:{self.type}"


def row_of(stored: StoredCase, reader: Reader) -> Row:
    """Draw one row."""
    words, case, content = reader.words, stored.case, stored.content
    view = PageView(
        stored=stored, token="", now=reader.now, base=reader.base, language=words.language, zone=reader.zone
    )
    sheet = open_sheet(view, words)
    frame = frame_of(sheet)
    choices = choices_of(sheet)
    cards = cards_of(sheet, ()) if brief_items(content, case.assurance) else ()
    is_over = case.is_final or case.expires_at <= reader.now
    left = case.expires_at - reader.now
    return Row(
        case_id=case.case_id,
        version=str(case.status) if case.is_final else "over" if is_over else "waiting",
        href=f"{reader.base}/review/{quote(case.case_id)}",
        type=content.type,
        type_name=frame.type_name,
        agent=content.agent,
        agent_id=case.agent_id,
        prompt=frame.prompt,
        ref=frame.ref,
        risk=frame.risk,
        needs_passkey=case.assurance is Assurance.PASSKEY or sheet.proof is not None,
        is_sealed=content.is_sealed,
        deadline=frame.deadline,
        expires_at=case.expires_at,
        left=format_timedelta(
            max(left, timedelta(minutes=1)), format="short", threshold=1.5, locale=words.language
        ),
        due_tone="danger" if left <= _URGENT else "warn" if left <= SOON else "plain",
        silence=words.gettext(_SILENCE[content.default_action]),
        opening=words.gettext(_OPENING.get(content.type, _OPEN)),
        is_brief=bool(choices or cards),
        choices=() if is_over else choices,
        cards=() if is_over else cards,
        ended=_ended(sheet, reader) if is_over else None,
    )


def choices_of(sheet: Sheet) -> Sequence[Choice]:
    """Name what may be answered without opening the case, the refusing button first."""
    gettext = sheet.words.gettext
    labels = {
        "approve": approve_label(sheet),
        "confirm": confirm_label(sheet),
        "reject": gettext("Reject"),
        "cancel": gettext("Don’t go ahead"),
    }
    return [Choice(action, labels[action]) for action in brief_actions(sheet.content, sheet.case.assurance)]


def _ended(sheet: Sheet, reader: Reader) -> Ended:
    outcome = outcome_of(sheet)
    is_own = sheet.case.ended_by == actor_id_of(reader.person_id)
    return Ended(
        title=outcome.title,
        who=reader.words.gettext("by you") if is_own else outcome.who,
        tone=outcome.tone,
        icon=outcome.icon,
        when=outcome.when,
    )
