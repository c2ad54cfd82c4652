"""The server's own part of a drawing: who asks what, until when, at what risk, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from openhitl.person.asked import Asked, Ended, Seal
from openhitl.person.drawing.lines import EMPTY, Line, Span, Tone, labelled, paragraph, said
from openhitl.person.drawing.moments import distance, moment
from openhitl.protocol.case import ACTIONS, SEALED_TYPE, Json, Status
from openhitl.protocol.context import Context
from openhitl.protocol.tree import humanise

COLUMN = 11
_TYPES = {SEALED_TYPE: "Encrypted"}
_SILENCE = {
    "skip": "this is skipped.",
    "approve": "this is approved.",
    "reject": "this is rejected.",
    "abort": "the agent is told to stop.",
}
_EXPIRED = {
    "skip": "Nobody answered in time: this was skipped.",
    "approve": "Nobody answered in time: this was approved automatically.",
    "reject": "Nobody answered in time: this was rejected automatically.",
    "abort": "Nobody answered in time: the agent was told to stop.",
}
_RISKS = {"high": ("⚠ ", Tone.DANGER), "unknown": ("⚠ ", Tone.WARN), "low": ("", Tone.PLAIN)}
_CONSEQUENCES = (("approve", "If yes"), ("deny", "If no"), ("expire", "If silent"))
DONE: Mapping[str, str] = {
    "approve": "Approved",
    "edit": "Changes requested",
    "reject": "Rejected",
    "select": "Choice made",
    "submit": "Answers sent",
    "confirm": "Confirmed",
    "cancel": "Not confirmed",
    "retry": "To be retried",
    "skip": "Skipped",
    "abort": "Aborted",
}
#: What people write in their own words, by its name in an answer. HITL v0.8 §10.
WORDS = ("feedback", "note", "reason")


def done_label(action: str, data: Json) -> str:
    """Say in the past tense what an answer was. HITL v0.8 §10.1: an edit may be the content itself."""
    edits = data.get("edits")
    if action == "edit" and isinstance(edits, Mapping) and edits.get("content") is not None:
        return "Approved with edits"
    return DONE.get(action, said(action))


def type_name(review_type: str) -> str:
    """Name a review type; a custom one by its own identifier."""
    if review_type in _TYPES:
        return _TYPES[review_type]
    return said(review_type) if review_type.startswith("x-") else review_type.capitalize()


def frame(asked: Asked, now: datetime, width: int) -> Iterator[Line]:
    """Draw the server zone."""
    yield (
        Span(type_name(asked.type), Tone.STRONG),
        Span(f"  ref {said(asked.ref)}", Tone.STRONG),
    )
    yield from _row("Case", asked.case_id, width)
    yield from _row("Asked by", asked.agent or "nobody named", width)
    if asked.seal is not None:
        yield from _seal(asked.seal, width)
        if asked.ended is None and not asked.seal.trouble and asked.seal.takes_no_answer:
            yield from _row("", f"⚠ {asked.seal.takes_no_answer}", width, Tone.WARN)
    if asked.ended is None:
        yield from _waiting(asked, now, width)
    yield from _risk(asked.parts, asked.risk, width)
    yield from _consequences(asked.parts, width)
    if asked.ended is None and asked.assurance == "passkey":
        yield from _row("Needs", "your passkey, in a browser", width)
    if asked.ended is not None:
        yield EMPTY
        yield from outcome(asked, asked.ended, now, width)
        if asked.seal is not None and asked.seal.answer_trouble:
            yield from paragraph(f"⚠ {asked.seal.answer_trouble}", width, Tone.WARN)


def _seal(seal: Seal, width: int) -> Iterator[Line]:
    """Say that a case is encrypted, and to whom the key belongs that asked."""
    if seal.trouble:
        yield from _row("Encrypted", f"⚠ Not readable here. {seal.trouble}", width, Tone.DANGER)
        return
    yield from _row("Encrypted", f"end to end; the agent's key: {seal.words}", width)
    if seal.is_new:
        words = "⚠ Its first encrypted request here: compare the words with `hitl keys` where it runs."
        yield from _row("", words, width, Tone.WARN)


def _row(label: str, text: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Line]:
    return labelled(label, text, width, column=COLUMN, tone=tone)


def _waiting(asked: Asked, now: datetime, width: int) -> Iterator[Line]:
    left = asked.expires_at - now
    yield from _row("Deadline", f"{moment(asked.expires_at, now)}, {distance(left)}", width)
    silence = _SILENCE.get(asked.default_action, f"the agent goes by {said(asked.default_action)!r}.")
    yield from _row("", f"If nobody answers, {silence}", width)


def _risk(parts: Context | None, kind: str, width: int) -> Iterator[Line]:
    if parts is None:
        return
    if parts.risk is not None:
        sign, tone = _RISKS[kind]
        level = said(parts.risk.level).strip()
        yield from _row("Risk", f"{sign}{level.capitalize()}, says the agent.", width, tone)
        for reason in parts.risk.reasons:
            yield from _row("", reason, width)
    if parts.irreversible:
        yield from _row("", "⚠ Cannot be undone.", width, Tone.DANGER)
    warning = parts.rest.get("warning")
    if isinstance(warning, str):
        yield from _row("Warning", warning, width, Tone.WARN)


def _consequences(parts: Context | None, width: int) -> Iterator[Line]:
    for key, label in _CONSEQUENCES:
        if parts is not None and key in parts.consequences:
            yield from _row(label, parts.consequences[key] or "(empty)", width)


def outcome(asked: Asked, ended: Ended, now: datetime, width: int) -> Iterator[Line]:
    """Draw what became of a case, the answer in full."""
    yield from paragraph(outcome_line(asked, ended, now), width, Tone.STRONG)
    if ended.reason:
        yield from _row("Reason", ended.reason, width)
    for name in said_words(asked, ended):
        yield from _row(humanise(name), ended.data[name], width)
    if asked.next_case_id:
        ref = said(asked.next_case_id[-4:].upper())
        yield from paragraph(f"The agent has asked again about this: ref {ref}.", width)


def said_words(asked: Asked, ended: Ended) -> list[str]:
    """Name what people said in their own words; a form's field of the same name is none of that."""
    if asked.type not in ACTIONS or asked.type == "input":
        return []
    return [name for name in WORDS if isinstance(ended.data.get(name), str) and ended.data[name].strip()]


def outcome_line(asked: Asked, ended: Ended, now: datetime) -> str:
    """Say what became of a case in one line: `Rejected by Ana, 14:03 today (CET)`."""
    when = f", {moment(ended.at, now)}" if ended.at else ""
    if ended.status is Status.COMPLETED:
        by = f" by {said(ended.by)}" if ended.by else ""
        is_lacking = asked.seal is not None and asked.seal.answer_trouble
        return f"{'Answered' if is_lacking else done_label(ended.action, ended.data)}{by}{when}"
    if ended.status is Status.CANCELLED:
        return f"Closed without an answer{when}"
    return f"Expired{when}. {_EXPIRED.get(asked.default_action, 'Nobody answered in time.')}"
