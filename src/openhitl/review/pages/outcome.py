"""What became of a case: answered by whom, expired into what, cancelled why. HITL v0.8 §11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from openhitl.protocol.case import ACTIONS, ANSWERING, Answer, DefaultAction, Status, ref_of
from openhitl.protocol.diffs import Diff, compare
from openhitl.protocol.lifecycle import CANCEL_REASONS
from openhitl.protocol.record import record
from openhitl.review.pages.answer_rows import AnswerRow, answer_rows, unsent_rows
from openhitl.review.pages.artifact import sent_text, text_of
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.full import raw_texts
from openhitl.review.pages.labels import action_label, edited_content
from openhitl.review.pages.moments import Moment
from openhitl.review.pages.places import PAGE, where_name
from openhitl.review.pages.problems import problem_list
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page
from openhitl.words import Words

_GOOD = frozenset({"approve", "edited", "select", "submit", "confirm", "retry"})


@record(frozen=True, slots=True, kw_only=True)
class OutcomeView:
    """The end of a case, said in one line, with the answer in words below."""

    title: str
    tone: str
    icon: str
    when: Moment
    when_said: str
    who: str = ""
    surface: str = ""
    explanation: str = ""
    follows: str = ""
    rows: Sequence[AnswerRow] = ()
    changes: Diff | None = None


@record(frozen=True, slots=True)
class Verdict:
    """What an answer was, in a word or two, with the colour family and the icon that go with it."""

    action: str
    title: str
    tone: str
    icon: str


def verdict_of(action: str, words: Words) -> Verdict:
    """Say what an answer was by its action; `edited` is an edit in place."""
    is_good = action in _GOOD
    tone, icon = ("good", "done") if is_good else ("plain", "no")
    return Verdict(action, action_label(action, words), tone, icon)


def verdicts(words: Words) -> list[Verdict]:
    """List what an answer that only a device can read may turn out to be."""
    actions = {action for several in ACTIONS.values() for action in several}
    return [verdict_of(action, words) for action in sorted({*actions, "edited"})]


def outcome_page(sheet: Sheet) -> Page:
    """Draw the final page of a case, or of one whose deadline has passed without anybody noticing."""
    return sheet.draw(
        "outcome.html",
        status=200,
        frame=frame_of(sheet),
        outcome=outcome_of(sheet),
        texts=raw_texts(sheet),
        typed=unsent_rows(sheet),
        problems=problem_list(sheet),
    )


def outcome_of(sheet: Sheet) -> OutcomeView:
    """Say how a case ended, or that its deadline has passed."""
    return replace(_ended(sheet), follows=_follows(sheet))


def _follows(sheet: Sheet) -> str:
    """Say what comes next: the round that was asked for, or that it is here. HITL v0.8 §15.3."""
    gettext, answer = sheet.words.gettext, sheet.view.stored.answer
    if sheet.case.next_case_id is not None:
        ref = ref_of(sheet.case.next_case_id)
        return gettext("The agent has asked again about this: look for ref %(ref)s.") % {"ref": ref}
    if answer and answer.action == "edit" and edited_content(answer) is None:
        return gettext("The next version comes with a link of its own.")
    return ""


def _ended(sheet: Sheet) -> OutcomeView:
    answer = sheet.view.stored.answer
    if sheet.case.status is Status.COMPLETED and answer is not None:
        return _answered(sheet, answer)
    if sheet.case.status is Status.CANCELLED:
        return _cancelled(sheet)
    return _expired(sheet)


def _answered(sheet: Sheet, answer: Answer) -> OutcomeView:
    edited = edited_content(answer)
    verdict = _verdict(sheet, answer)
    return OutcomeView(
        title=verdict.title,
        tone=verdict.tone,
        icon=verdict.icon,
        when=sheet.moment(sheet.case.finished_at or sheet.view.now),
        when_said=sheet.words.gettext("Answered"),
        who=_who(sheet, answer),
        surface=_surface(sheet, answer),
        rows=answer_rows(sheet, answer),
        changes=_edits(sheet, edited) if edited is not None else None,
    )


def _verdict(sheet: Sheet, answer: Answer) -> Verdict:
    """Say what an answer was; of an encrypted one this server knows only that there is one."""
    if sheet.content.is_sealed:
        return Verdict(answer.action, sheet.words.gettext("Answer sent"), "plain", "done")
    return verdict_of("edited" if edited_content(answer) is not None else answer.action, sheet.words)


def _edits(sheet: Sheet, edited: Any) -> Diff:
    return compare(sent_text(sheet.content, like=edited) or "", text_of(edited))


def _who(sheet: Sheet, answer: Answer) -> str:
    gettext = sheet.words.gettext
    name = answer.name or answer.email
    if not name and answer.submitted_by:
        name = answer.submitted_by.display_name or answer.submitted_by.platform_user_id
    return gettext("by %(name)s") % {"name": name} if name else gettext("by somebody who has the link")


def _surface(sheet: Sheet, answer: Answer) -> str:
    gettext, place = sheet.words.gettext, sheet.view.stored.place
    if answer.mode == "browser_submit":
        surface = place.actor.surface if place else PAGE
        where = gettext("on this page") if surface == PAGE else where_name(surface, sheet.words)
        if answer.verification and answer.verification["satisfied"]:
            return gettext("%(where)s, with a passkey") % {"where": where}
        return where
    platform = answer.submitted_by.platform if answer.submitted_by else answer.submitted_via
    return gettext("through %(platform)s") % {"platform": platform or gettext("another program")}


def _cancelled(sheet: Sheet) -> OutcomeView:
    gettext = sheet.words.gettext
    reason = sheet.case.reason
    # Without words of anybody's the reason only repeats who it was.
    rows = (
        [AnswerRow(label=gettext("Reason"), values=(reason,))]
        if reason and reason not in CANCEL_REASONS.values()
        else []
    )
    return OutcomeView(
        title=gettext("Closed without an answer"),
        tone="plain",
        icon="no",
        when=sheet.moment(sheet.case.finished_at or sheet.view.now),
        when_said=gettext("Cancelled"),
        who=_canceller(sheet),
        rows=rows,
    )


def _canceller(sheet: Sheet) -> str:
    """Say who cancelled: the one who asked, or the one who was asked."""
    kind = (sheet.case.ended_by or "").partition(":")[0]
    if not kind:
        return ""
    gettext = sheet.words.gettext
    return gettext("by whoever held this link") if kind in ANSWERING else gettext("by the agent")


def _expired(sheet: Sheet) -> OutcomeView:
    gettext = sheet.words.gettext
    happened = {
        DefaultAction.SKIP: gettext("Nobody answered in time: this was skipped."),
        DefaultAction.REJECT: gettext("Nobody answered in time: this was rejected automatically."),
        DefaultAction.ABORT: gettext("Nobody answered in time: the agent was told to stop."),
        DefaultAction.APPROVE: gettext("Nobody answered in time: this was approved automatically."),
    }
    return OutcomeView(
        title=gettext("Expired"),
        tone="warn",
        icon="clock",
        when=sheet.moment(sheet.case.expires_at),
        when_said=gettext("The deadline was"),
        explanation=happened[sheet.content.default_action],
    )
