"""Which questions are so small that they may be answered where nothing but the prompt is shown.

A row of a list shows who asks, the prompt, the risk, the deadline, what silence does, and a few labels to
choose from: what is whole in that is brief. Everything else has to be opened. What you see is what you sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from openhitl.errors import CallerError
from openhitl.protocol.case import Assurance, Content
from openhitl.protocol.context import Context, Item, Risk
from openhitl.protocol.people import name_key
from openhitl.protocol.visible import visible

MAX_PROMPT_CHARACTERS = 140
MAX_REASON_CHARACTERS = 80
MAX_LABEL_CHARACTERS = 40
#: Of more than these one is not chosen at a glance; of one there is nothing to choose.
FEWEST_ITEMS, MOST_ITEMS = 2, 4
#: What agents call a risk that is none.
LOW_RISK = frozenset({"low", "none", "minimal", "negligible"})
#: What agents call a risk that is great. Any other word is one in between, or their own.
HIGH_RISK = frozenset({"high", "critical", "severe", "extreme"})
#: So many of these questions are answered together at most.
MOST_TOGETHER = 20
#: The refusing action first, as buttons stand.
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "approval": ("reject", "approve"),
    "confirmation": ("cancel", "confirm"),
}
#: Spaces that a page would not show as they are: around the text, two together, or of another width (those
#: that do not break are ordinary in French numbers); and a picture of nothing.
_ODD = re.compile(r"^\s|\s$|\s\s|[^\S \u00a0\u202f]|\u2800")
#: Characters that no font has, or that each has in its own way.
_NEVER = frozenset({"Cn", "Co"})
#: They say of an emoji how it is drawn; `visible` shows those that stand elsewhere.
_PICTURE_STYLES = frozenset("\ufe0e\ufe0f")
#: A letter of Thai has two, one of Hebrew three.
_MOST_MARKS = 3


def brief_actions(content: Content, assurance: Assurance) -> tuple[str, ...]:
    """Name the actions that need no more than a row of a list; none if the case has to be opened.

    Brief is an approval or a confirmation of low risk, as its agent says itself, that asks for no evidence
    and says nothing beside a short prompt and one short reason of the risk.
    """
    context = _of_low_risk(content, assurance)
    is_bare = context is not None and context == Context(risk=context.risk)
    return _ACTIONS.get(content.type, ()) if is_bare else ()


def brief_items(content: Content, assurance: Assurance) -> tuple[Item, ...]:
    """List what one is chosen from in no more than a row of a list; none if the case has to be opened.

    Brief is a selection of exactly one of a few items that are nothing but short labels; all else as for
    `brief_actions`.
    """
    context = _of_low_risk(content, assurance) if content.type == "selection" else None
    if context is None:
        return ()
    items = context.items
    is_bare = context == Context(risk=context.risk, items=items, min=1, max=1)
    # Counted by what tells them apart for a reader.
    is_few = FEWEST_ITEMS <= len({name_key(item.title) for item in items}) == len(items) <= MOST_ITEMS
    return items if is_bare and is_few and all(map(_is_label, items)) else ()


def _of_low_risk(content: Content, assurance: Assurance) -> Context | None:
    """Read the context of a case of low risk that wants no evidence and says all but that in its prompt."""
    if assurance is Assurance.PASSKEY or content.policy is not None:
        return None
    if content.previous_case_id is not None or content.message.strip() not in ("", content.prompt.strip()):
        return None
    if not _is_plain(content.prompt, MAX_PROMPT_CHARACTERS):
        return None
    try:
        context = Context.parse(content.type, content.context)
    except CallerError:
        return None
    return context if context.risk is not None and _is_low(context.risk) else None


def _is_label(item: Item) -> bool:
    is_bare = item == Item(id=item.id, title=item.title)
    return is_bare and all(_is_plain(text, MAX_LABEL_CHARACTERS) for text in (item.id, item.title))


def _is_low(risk: Risk) -> bool:
    reasons = risk.reasons
    is_short = len(reasons) <= 1 and all(_is_plain(reason, MAX_REASON_CHARACTERS) for reason in reasons)
    return risk.level.strip().lower() in LOW_RISK and is_short


def _is_plain(text: str, most: int) -> bool:
    """Tell whether a text is one short line that reads as it is, on every screen and in one way alone."""
    if len(text) > most or visible(text) != text:
        return False
    composed = unicodedata.normalize("NFC", text)
    return _ODD.search(composed) is None and _has_plain_marks(composed) and _has_one_direction(composed)


def _has_plain_marks(text: str) -> bool:
    """Tell whether marks are left alone where a script writes with them.

    Those of Latin letters are composed by now; what is left over strikes letters out, or piles up over the
    lines around it.
    """
    on_letter, marks = False, 0
    for character in text:
        category = unicodedata.category(character)
        if category in _NEVER:
            return False
        if not category.startswith("M") or character in _PICTURE_STYLES:
            on_letter, marks = category == "Lo", 0
        elif not on_letter or category == "Me" or (marks := marks + 1) > _MOST_MARKS:
            return False
    return True


def _has_one_direction(text: str) -> bool:
    """Tell whether letters all run one way: else what stands where depends on where it is shown."""
    directions = {unicodedata.bidirectional(character) for character in text}
    return "L" not in directions or directions.isdisjoint(("R", "AL"))
