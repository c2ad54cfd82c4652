"""The rounds before a case: what was said in each, and which one this is compared with. HITL v0.8 §15.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from openhitl.cases import StoredCase
from openhitl.protocol.case import ACTIONS, Answer, Status, ref_of
from openhitl.protocol.lifecycle import CANCEL_REASONS
from openhitl.protocol.record import record
from openhitl.review.pages.answer_rows import AnswerRow, answer_rows
from openhitl.review.pages.labels import done_label
from openhitl.review.pages.moments import Moment
from openhitl.review.pages.round_changes import Change, changes_since
from openhitl.review.pages.sheet import Sheet, open_sheet

MAX_CHANGES = 20
#: What people write in their own words, by its name in an answer. HITL v0.8 §10.
WORDS = ("feedback", "note", "reason")


@record(frozen=True, slots=True, kw_only=True)
class Round:
    """How one round ended: `words` as they were written, `rows` what else was answered."""

    ref: str
    title: str
    when: Moment | None
    words: Sequence[str]
    rows: Sequence[AnswerRow]


@record(frozen=True, slots=True, kw_only=True)
class Rounds:
    """All rounds before a case.

    `number` counts this round from 1, 0 where earlier ones are not known. `last` is the one that a
    human answered last, else the one before this; `others` are the rest, newest first. `changes` are
    what is not the same as in `last`, the artifact's text aside; `more_changes` were left out.
    """

    number: int
    last: Round
    is_answered: bool
    others: Sequence[Round]
    changes: Sequence[Change]
    more_changes: int


def compared_round(sheet: Sheet) -> StoredCase | None:
    """Choose the round that a person knows: the last that was answered, else the one before."""
    rounds = sheet.view.rounds
    answered = (stored for stored in rounds if stored.answer is not None)
    return next(answered, rounds[0] if rounds else None)


def rounds_of(sheet: Sheet) -> Rounds | None:
    """Read off what came before; None for a first round."""
    last = compared_round(sheet)
    if last is None:
        return None
    rounds = sheet.view.rounds
    changes = changes_since(sheet, last)
    return Rounds(
        number=len(rounds) + 1 if rounds[-1].case.previous_case_id is None else 0,
        last=_round(sheet, last),
        is_answered=last.answer is not None,
        others=[_round(sheet, stored) for stored in rounds if stored is not last],
        changes=changes[:MAX_CHANGES],
        more_changes=max(0, len(changes) - MAX_CHANGES),
    )


def _round(sheet: Sheet, stored: StoredCase) -> Round:
    case, answer = stored.case, _telling(stored)
    return Round(
        ref=ref_of(case.case_id),
        title=_title(sheet, stored),
        when=sheet.moment(case.finished_at) if case.finished_at else None,
        words=_words(answer) if answer else _reason(stored),
        rows=_rows(sheet, stored, answer) if answer else (),
    )


def _title(sheet: Sheet, stored: StoredCase) -> str:
    gettext = sheet.words.gettext
    if stored.answer is not None:
        return done_label(stored.answer, sheet.words)
    return {
        Status.CANCELLED: gettext("Closed without an answer"),
        Status.EXPIRED: gettext("Expired"),
    }.get(stored.case.status) or gettext("Not answered yet")


def _telling(stored: StoredCase) -> Answer | None:
    """Return an answer that says something about what was asked.

    What a form was filled in with (custom types are answered like input) may be for other eyes than
    those of the next page. HITL v0.8 §13.6.
    """
    speaks = stored.content.type in ACTIONS and stored.content.type != "input"
    return stored.answer if speaks else None


def _words(answer: Answer) -> list[str]:
    said = (answer.public_data.get(name) for name in WORDS)
    return [text for text in said if isinstance(text, str) and text.strip()]


def _reason(stored: StoredCase) -> list[str]:
    reason = stored.case.reason
    return [reason] if reason and reason not in CANCEL_REASONS.values() else []


def _rows(sheet: Sheet, stored: StoredCase, answer: Answer) -> list[AnswerRow]:
    of_round = open_sheet(replace(sheet.view, stored=stored, rounds=(), problems=None), sheet.words)
    return [row for row in answer_rows(of_round, answer) if row.key not in WORDS]
