"""Which questions are so small that they may be answered where nothing but the prompt is shown.

A row of a list shows who asks, the prompt, the risk, the deadline and what silence does: what is whole in
that is brief. Everything else has to be opened. What you see is what you sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from openhitl.errors import CallerError
from openhitl.protocol.case import Assurance, Content
from openhitl.protocol.context import Context, Risk
from openhitl.protocol.visible import visible

MAX_PROMPT_CHARACTERS = 140
MAX_REASON_CHARACTERS = 80
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
    actions = _ACTIONS.get(content.type, ())
    if assurance is Assurance.PASSKEY or content.policy is not None:
        return ()
    if content.previous_case_id is not None or content.message.strip() not in ("", content.prompt.strip()):
        return ()
    if not _is_plain(content.prompt, MAX_PROMPT_CHARACTERS):
        return ()
    return actions if _is_bare(content) else ()


def _is_bare(content: Content) -> bool:
    """Tell whether a context says that the risk is low, and nothing else."""
    try:
        context = Context.parse(content.type, content.context)
    except CallerError:
        return False
    return context.risk is not None and _is_low(context.risk) and context == Context(risk=context.risk)


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
