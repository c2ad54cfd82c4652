"""Cases as a list: three lines each, what ends first at the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from openhitl.person.asked import Asked
from openhitl.person.drawing.cells import cells, fitted
from openhitl.person.drawing.frame import outcome_line, type_name
from openhitl.person.drawing.lines import Line, Span, Tone, said
from openhitl.person.drawing.moments import units

_SILENCE = {"skip": "skips", "approve": "approves", "reject": "rejects", "abort": "stops the agent"}
_RISKS = {"high": ("⚠ high risk · ", Tone.DANGER), "unknown": ("⚠ {level} risk · ", Tone.WARN)}


def in_order(cases: Sequence[Asked]) -> list[Asked]:
    """Sort cases: those that wait by deadline, then by risk; after them those that ended, as they were."""
    waiting = sorted((one for one in cases if one.ended is None), key=lambda one: one.urgency)
    return [*waiting, *(one for one in cases if one.ended is not None)]


def listing(cases: Sequence[Asked], *, now: datetime, width: int, with_ids: bool = True) -> Iterator[Line]:
    """Draw a list, with the id of each case where somebody has to type it."""
    for asked in cases:
        yield from row(asked, now=now, width=width)
        if with_ids:
            yield (Span(f"  {said(asked.case_id)}", Tone.QUIET),)


def row(asked: Asked, *, now: datetime, width: int, is_picked: bool = False) -> Iterator[Line]:
    """Draw one case in three lines: who asks, what, and how long it waits or what became of it."""
    mark = "[x] " if is_picked else ""
    head = f"{mark}{said(asked.ref)}  {type_name(asked.type)} · {said(asked.agent)}"
    yield (Span(fitted(head, width), Tone.STRONG),)
    yield (Span(fitted(f"  {said(asked.prompt)}", width)),)
    sign, tone = _risk(asked) if asked.ended is None else ("", Tone.PLAIN)
    sign = fitted(f"  {sign}", width)
    left = max(width - cells(sign), 1)
    yield (Span(sign, tone), Span(fitted(standing_of(asked, now), left), Tone.QUIET))


def _risk(asked: Asked) -> tuple[str, Tone]:
    level = asked.parts.risk.level if asked.parts and asked.parts.risk else ""
    text, tone = _RISKS.get(asked.risk, ("", Tone.PLAIN))
    sign = text.format(level=said(level).strip().lower())
    if asked.parts is not None and asked.parts.irreversible:
        return f"{sign}⚠ cannot be undone · ", Tone.DANGER
    return sign, tone


def standing_of(asked: Asked, now: datetime) -> str:
    """Say how long a case waits and what happens then, or what became of it."""
    if asked.ended is not None:
        return outcome_line(asked, asked.ended, now)
    silence = _SILENCE.get(asked.default_action, said(asked.default_action))
    needs = " · needs a passkey" if asked.assurance == "passkey" else ""
    return f"{units(asked.expires_at - now)} left, then {silence}{needs}"
