"""Selection: choose one or several of the items. HITL v0.8 §10.2."""

from __future__ import annotations

from openhitl.protocol.record import record
from openhitl.protocol.tree import humanise
from openhitl.review.pages.cards import cards_of
from openhitl.review.pages.comparison import columns_of
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.problems import Problem, problem_list, typed, typed_all
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page
from openhitl.review.pages.zone import is_complete, is_drawable, zone_of


@record(frozen=True, slots=True)
class Bounds:
    """How many items may be chosen, both ends included."""

    min: int
    max: int


def selection_page(sheet: Sheet) -> Page:
    """Draw the page to choose on."""
    columns = columns_of(sheet.context.items) if sheet.context and is_drawable(sheet) else []
    cards = cards_of(sheet, typed_all(sheet, "selected"), columns=columns)
    bounds = _bounds(sheet, len(cards))
    rule = _rule(sheet, bounds, len(cards))
    return sheet.draw(
        "selection.html",
        frame=frame_of(sheet),
        zone=zone_of(sheet),
        cards=cards,
        columns=[humanise(key) for key in columns],
        bounds=bounds,
        rule=rule,
        note=typed(sheet, "note"),
        can_decide=is_complete(sheet) and bool(cards),
        primary=sheet.words.gettext("Submit selection"),
        problems=_problems(sheet, rule),
    )


def _problems(sheet: Sheet, rule: str) -> list[Problem]:
    """List what was wrong; a wrong number of cards is told the rule."""
    errors = sheet.view.problems.errors if sheet.view.problems else ()
    if any(error.get("path") == "data.selected" for error in errors):
        return [Problem(rule, "choice-1")]
    return problem_list(sheet, (("data.note", "note"),))


def _bounds(sheet: Sheet, count: int) -> Bounds:
    context = sheet.context
    low = context.min if context else 0
    high = context.max if context and context.max is not None else count
    return Bounds(low, high)


def _rule(sheet: Sheet, bounds: Bounds, count: int) -> str:
    """Say how many to choose."""
    gettext, ngettext = sheet.words.gettext, sheet.words.ngettext
    low, high = bounds.min, min(bounds.max, count)
    if high == 1:
        return gettext("Choose one.")
    if low == high:
        return ngettext("Choose %(count)s.", "Choose %(count)s.", low) % {"count": low}
    if high < count and low > 1:
        return gettext("Choose %(low)s to %(high)s.") % {"low": low, "high": high}
    if high < count:
        return gettext("Choose up to %(high)s.") % {"high": high}
    if low > 1:
        return gettext("Choose at least %(low)s.") % {"low": low}
    return gettext("Choose one or more.") if low else gettext("Choose any number.")
