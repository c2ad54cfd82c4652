"""What each type of case is about, as lines. HITL v0.8 §10."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openhitl.person.asked import Asked
from openhitl.person.drawing.forms import form
from openhitl.person.drawing.lines import EMPTY, Line, Span, Tone, labelled, marked, paragraph, said
from openhitl.person.drawing.patches import changes, patch
from openhitl.person.drawing.values import nodes, values
from openhitl.protocol.case import Json
from openhitl.protocol.context import Artifact, Context, Failure, Item
from openhitl.protocol.params import Param
from openhitl.protocol.tree import humanise, key_facts, read

_PATCH = frozenset({"diff", "patch", "text/x-diff", "text/x-patch"})
_SUGGESTED = "suggested_actions"
_COLUMN = 15


def body(asked: Asked, parts: Context, before: Asked | None, width: int) -> Iterator[Line]:
    """Draw everything that an agent said, in the order in which it is read."""
    left = {key: value for key, value in parts.rest.items() if not _is_in_frame(key, value)}
    facts, rest = _facts(parts.facts, left)
    yield from _section("", facts, width)
    yield from _about(asked, parts, before, width)
    if parts.diff is not None:
        yield from titled("Changes", patch(parts.diff, width), width)
    yield from _section("Links", _links(parts.links), width)
    yield from titled("More details", values(rest, width), width)


def titled(title: str, lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Put a heading above lines, if there are any, and a gap below."""
    for number, line in enumerate(lines):
        if number == 0 and title:
            yield from paragraph(title, width, Tone.STRONG)
        yield line
    yield EMPTY


def _section(title: str, drawn: Sequence[Any], width: int) -> Iterator[Line]:
    return titled(title, nodes(drawn, width), width)


def _is_in_frame(key: str, value: object) -> bool:
    return key == "warning" and isinstance(value, str)


def _facts(given: Any, rest: Json) -> tuple[list[Any], Json]:
    if isinstance(given, Mapping) and given:
        return [read(value, humanise(str(key))) for key, value in given.items()], rest
    if isinstance(given, list) and given:
        return [_fact(entry) for entry in given], rest
    return key_facts(rest)


def _fact(entry: Any) -> Any:
    if isinstance(entry, Mapping) and set(entry) == {"label", "value"}:
        return read(entry["value"], str(entry["label"]))
    return read(entry)


def _links(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        return [read(address, humanise(str(key))) for key, address in given.items()]
    found = []
    for entry in given or ():
        told = dict(entry) if isinstance(entry, Mapping) else {"url": entry}
        label = told.pop("label", None) or told.pop("title", "")
        found += [read(value, str(label)) for value in told.values()] or [read(label)]
    return found


def _about(asked: Asked, parts: Context, before: Asked | None, width: int) -> Iterator[Line]:
    if parts.artifact is not None:
        yield from _artifact(parts.artifact, before, width)
    if parts.error is not None:
        yield from _failure(parts.error, width)
    if parts.params:
        yield from titled("Parameters", _params(parts.params, width), width)
    if parts.items:
        yield from titled(_rule(asked.type, parts), _items(parts.items, width), width)
    if parts.form is not None:
        yield from form(parts.form, width)


def text_of(content: Any) -> str:
    """Return an artifact's content as text; anything but text as indented JSON."""
    if isinstance(content, str):
        return content.replace("\r\n", "\n")
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)


def last_text(before: Asked) -> str | None:
    """Return the text that a round ended with: as its human edited it, else as it was sent."""
    edits = before.ended.data.get("edits") if before.ended and before.ended.action == "edit" else None
    edited = edits.get("content") if isinstance(edits, Mapping) else None
    if edited is not None:
        return text_of(edited)
    if before.parts is None or before.parts.artifact is None:
        return None
    return text_of(before.parts.artifact.content)


def _artifact(artifact: Artifact, before: Asked | None, width: int) -> Iterator[Line]:
    if artifact.title:
        yield from paragraph(artifact.title, width, Tone.STRONG)
    text, known = text_of(artifact.content), last_text(before) if before else None
    if known is not None and before is not None:
        yield from titled(f"Compared with ref {said(before.ref)}", changes(known, text, width), width)
        yield from paragraph("The whole text", width, Tone.STRONG)
    if artifact.format.strip().lower() in _PATCH:
        yield from patch(text, width)
    else:
        yield from paragraph(text, width)
    yield EMPTY
    told = {"format": artifact.format, **artifact.metadata}
    yield from titled("", values(told, width), width)


def _failure(failure: Failure, width: int) -> Iterator[Line]:
    for text, tone in ((failure.title, Tone.STRONG), (failure.summary, Tone.PLAIN)):
        if text:
            yield from paragraph(text, width, tone)
    yield EMPTY
    rest = dict(failure.rest)
    suggested = rest.pop(_SUGGESTED, None)
    yield from titled("", values(rest, width), width)
    if failure.details is not None:
        yield from titled("", values({"details": failure.details}, width), width)
    if suggested is not None:
        yield from titled("Suggested actions", _suggested(suggested, width), width)


def _suggested(given: Any, width: int) -> Iterator[Line]:
    if not isinstance(given, list):
        yield from nodes([read(given)], width)
        return
    for number, one in enumerate(given, 1):
        sign = f"{number}. "
        yield from marked(sign, nodes([read(one)], width - len(sign)))


def _params(params: Sequence[Param], width: int) -> Iterator[Line]:
    for param in params:
        now = "none" if param.value is None else _value(param.value)
        unit = f" {param.unit}" if param.unit else ""
        text = f"{now}{unit}; {param.expectation}"
        label = humanise(param.name)
        yield from labelled(label, text, width, column=max(_COLUMN, len(label) + 2))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _rule(review_type: str, parts: Context) -> str:
    """Say what can be done with the items."""
    count = len(parts.items)
    if review_type == "confirmation":
        return "Any part of these can be confirmed" if parts.partial else "All of these together"
    most = count if parts.max is None else parts.max
    if parts.min == most:
        return f"Choose {parts.min} of {count}"
    return f"Choose {parts.min} to {most} of {count}" + (" (or none)" if parts.min == 0 else "")


def _items(items: Sequence[Item], width: int) -> Iterator[Line]:
    for number, item in enumerate(items, 1):
        sign = f"{number}. "
        yield from marked(sign, _item(item, width - len(sign)))


def _item(item: Item, width: int) -> Iterator[Line]:
    same = item.id == item.title
    title = Span(said(item.title), Tone.STRONG)
    yield from paragraph(title.text if same else f"{title.text}  ({said(item.id)})", width, Tone.STRONG)
    if item.description:
        yield from paragraph(item.description, width)
    yield from values({**item.metadata, **item.rest}, width)
