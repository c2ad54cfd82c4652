"""Confirmation: let exactly this happen, or not. HITL v0.8 §10.4."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.review.pages.cards import Card, cards_of
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.labels import with_object
from openhitl.review.pages.problems import problem_list, typed, typed_all
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page
from openhitl.review.pages.zone import is_complete, raw_context, zone_of


def confirm_label(sheet: Sheet) -> str:
    """Say what the confirming button does."""
    named = with_object("Confirm", sheet.content.prompt, sheet.words)
    count = len(sheet.context.items) if sheet.context else 0
    if is_partial(sheet):  # how many it will be is not known yet
        return sheet.words.gettext("Confirm")
    if named or not count:
        return named or sheet.words.gettext("Confirm")
    text = sheet.words.ngettext("Confirm this %(count)s item", "Confirm all %(count)s items", count)
    return text % {"count": count}


def confirmation_page(sheet: Sheet) -> Page:
    """Draw the page to confirm on; with ticks only where the agent takes a part for an answer."""
    frame = frame_of(sheet)
    return sheet.draw(
        "confirmation.html",
        frame=frame,
        zone=zone_of(sheet),
        cards=cards_of(sheet, _ticked(sheet)),
        partial=is_partial(sheet),
        note=_kept(sheet, "note"),
        can_decide=is_complete(sheet),
        is_high=bool(frame.risk and frame.risk.is_high),
        primary=confirm_label(sheet),
        problems=problem_list(sheet, (("data.confirmed_items", "choice-1"), ("data.note", "note"))),
    )


def sure_page(sheet: Sheet) -> Page:
    """Draw the second page that a risky confirmation asks for, with what was ticked and noted."""
    chosen: Sequence[Card] = [card for card in cards_of(sheet, _ticked(sheet)) if card.chosen]
    kept = [("confirmed_items", card.id) for card in chosen] if is_partial(sheet) else []
    note = _kept(sheet, "note")
    return sheet.draw(
        "sure.html",
        frame=frame_of(sheet),
        chosen=chosen,
        kept=[*kept, ("note", note)] if note else kept,
        raw=raw_context(sheet),
        action="confirm",
        primary=_chosen_label(sheet, len(chosen)) if is_partial(sheet) else confirm_label(sheet),
        problems=problem_list(sheet),
    )


def _chosen_label(sheet: Sheet, count: int) -> str:
    gettext = sheet.words.gettext
    if count == 1:
        return gettext("Confirm 1 item")
    return gettext("Confirm %(count)s items") % {"count": count} if count else gettext("Confirm")


def is_partial(sheet: Sheet) -> bool:
    """Tell whether some of the items may be confirmed without the others."""
    return bool(sheet.context and sheet.context.partial and sheet.context.items)


def _ticked(sheet: Sheet) -> list[str] | None:
    """Return the ids ticked so far; None before anybody touched the list."""
    if sheet.view.problems:
        return typed_all(sheet, "confirmed_items")
    drafted = sheet.view.draft.values.get("confirmed_items") if sheet.view.draft else None
    return [str(item) for item in drafted] if isinstance(drafted, list) else None


def _kept(sheet: Sheet, name: str) -> str:
    drafted = sheet.view.draft.values.get(name) if sheet.view.draft else None
    return typed(sheet, name) or (drafted if isinstance(drafted, str) else "")
