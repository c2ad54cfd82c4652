"""What an escalation suggests to do, as choices that fill in parameters and words. HITL v0.8 §10.5.

`error.suggested_actions` holds texts, or objects of a label and the `params` to retry with. Numbers
and names inside a text are never taken for parameters: "Increase the timeout from 120s to 300s" names
two, and no parameter. A text becomes the reason, an object fills in the parameters as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.context import TITLE_NAMES, Context
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, humanise, read
from openhitl.protocol.visible import visible
from openhitl.review.pages.field_values import control_text
from openhitl.review.pages.params import param_label
from openhitl.review.pages.sheet import Sheet

NAME = "suggested_actions"


@record(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One way to go on. `fills` are the parameters it sets, as a form posts them.

    `unfit` says that its values are none that the parameters may have, so it sets none of them.
    """

    number: str
    label: str
    values: Sequence[Node] = ()
    more: Sequence[Node] = ()
    fills: Mapping[str, str]
    unfit: bool = False

    @property
    def reason(self) -> str:
        """The label as the human saw it, with nothing invisible in what they send as their words."""
        return visible(self.label)


def suggestions_of(context: Context | None) -> list[Suggestion]:
    """Read the suggestions of a case; none unless all of them can be read."""
    given = context.error.rest.get(NAME) if context and context.error else None
    if context is None or not isinstance(given, Sequence) or isinstance(given, str):
        return []
    found = [_suggestion(context, str(number), raw) for number, raw in enumerate(given, 1)]
    readable = [suggestion for suggestion in found if suggestion]
    return readable if len(readable) == len(found) else []


def _suggestion(context: Context, number: str, raw: Any) -> Suggestion | None:
    if isinstance(raw, str):
        return Suggestion(number=number, label=raw, fills={}) if raw.strip() else None
    if not isinstance(raw, Mapping):
        return None
    named = next((name for name in TITLE_NAMES if isinstance(raw.get(name), str)), None)
    params = raw.get("params", {})
    if named is None or not raw[named].strip() or not isinstance(params, Mapping):
        return None
    known = {param.name: param for param in context.params}
    fits = all(name in known and known[name].accepts(value) for name, value in params.items())
    return Suggestion(
        number=number,
        label=raw[named],
        values=[
            read(value, param_label(known[name]) if name in known else humanise(name))
            for name, value in params.items()
        ],
        more=[read(value, humanise(key)) for key, value in raw.items() if key not in (named, "params")],
        fills={name: control_text(value) for name, value in params.items()} if fits else {},
        unfit=not fits,
    )


def find_suggestion(context: Context | None, number: str) -> Suggestion | None:
    """Return the suggestion of a number as the page posts it; None for none of them."""
    return next((found for found in suggestions_of(context) if found.number == number), None)


def drafted_suggestion(sheet: Sheet) -> Suggestion | None:
    """Return the suggestion that was chosen when the page was last posted."""
    drafted = sheet.view.draft.values.get("suggestion") if sheet.view.draft else None
    return find_suggestion(sheet.context, str(drafted))


def present_texts(context: Context) -> dict[str, str]:
    """Spell the present parameters as a form posts them."""
    return {param.name: control_text(param.value) for param in context.params}


def fill(
    context: Context, posted: Mapping[str, str], *, chosen: Suggestion | None, before: Suggestion | None
) -> dict[str, str]:
    """Put a newly chosen suggestion's values among the posted ones.

    What the suggestion chosen `before` had filled in goes with it, unless the human changed it.
    """
    filled = before.fills if before else {}
    kept = {name: value for name, value in posted.items() if filled.get(name) != value}
    return {**present_texts(context), **kept, **(chosen.fills if chosen else {})}
