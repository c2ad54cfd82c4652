"""What the agent says beside the thing to decide about: story, facts, patch, links, the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openhitl.protocol.case import Json
from openhitl.protocol.diffs import PatchLine, parse_patch
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, count_rows, has_more_values, humanise, key_facts, read
from openhitl.review.pages.sheet import Sheet

#: Beyond these a page would be too heavy to read; it then offers the full details instead.
MAX_ROWS = 2000
MAX_VALUES = 6000
MAX_TEXT_CHARACTERS = 200_000
_SHORT_ROWS = 12


@record(frozen=True, slots=True, kw_only=True)
class Details:
    """Everything without a place of its own; drawn open when it is short."""

    nodes: Sequence[Node]
    is_short: bool


@record(frozen=True, slots=True, kw_only=True)
class Zone:
    """The agent's zone without its type-specific part."""

    message: str
    facts: Sequence[Node]
    patch: Sequence[PatchLine]
    links: Sequence[tuple[str, str]]
    details: Details
    definition: Node | None = None

    @classmethod
    def empty(cls) -> Zone:
        """Make a zone that says nothing, for pages that have said it before."""
        return cls(message="", facts=(), patch=(), links=(), details=Details(nodes=(), is_short=True))


def zone_of(sheet: Sheet, *, extra: Mapping[str, Any] | None = None) -> Zone:
    """Lay out what a context says; `extra` are further values that need a place under the details.

    Of a context that is not drawable only the message is laid out: the full details say the rest.
    """
    context = sheet.context
    if context is None:
        return Zone.empty()
    if not is_drawable(sheet):
        return replace(Zone.empty(), message=_message(sheet))
    rest = {key: value for key, value in context.rest.items() if not _is_banner(key, value)}
    facts, remaining = _facts(context.facts, rest)
    nodes = [read(value, humanise(key)) for key, value in {**remaining, **(extra or {})}.items()]
    return Zone(
        message=_message(sheet),
        facts=facts,
        patch=parse_patch(context.diff) if isinstance(context.diff, str) else (),
        links=_links(context.links),
        details=Details(nodes=nodes, is_short=sum(map(count_rows, nodes)) <= _SHORT_ROWS),
        definition=read(sheet.content.context["form"]) if context.form else None,
    )


def _message(sheet: Sheet) -> str:
    message = sheet.content.message
    return "" if message.strip() == sheet.content.prompt.strip() else message


def _is_banner(key: str, value: object) -> bool:
    """Tell what the server zone already shows."""
    return key == "warning" and isinstance(value, str)


def _facts(given: Any, rest: Json) -> tuple[list[Node], dict[str, Any]]:
    if isinstance(given, Mapping) and given:
        return [read(value, humanise(key)) for key, value in given.items()], dict(rest)
    if isinstance(given, Sequence) and not isinstance(given, str) and given:
        return [_fact(entry) for entry in given], dict(rest)
    return key_facts(rest)


def _fact(entry: Any) -> Node:
    if isinstance(entry, Mapping) and set(entry) == {"label", "value"}:
        return read(entry["value"], str(entry["label"]))
    return read(entry)


def _links(given: Any) -> list[tuple[str, str]]:
    if isinstance(given, Mapping):
        return [(humanise(key), str(address)) for key, address in given.items()]
    found = []
    for entry in given or ():
        if isinstance(entry, Mapping):
            label = entry.get("label") or entry.get("title") or ""
            found.append((str(label), str(entry.get("url") or entry.get("href") or "")))
        else:
            found.append(("", str(entry)))
    return found


def is_complete(sheet: Sheet) -> bool:
    """Tell whether the page can show the whole content, so that it may offer deciding buttons.

    What you see is what you sign.
    """
    if sheet.context is None:
        return False
    if sheet.view.query.get("view") == "answer":  # reached from the full details
        return True
    return is_drawable(sheet)


def is_drawable(sheet: Sheet) -> bool:
    """Tell whether a page can lay out the whole context: what is too heavy only the full details say."""
    return is_light(sheet.content.context)


def is_light(context: Json) -> bool:
    """Tell whether a context is not too heavy to lay out."""
    return (
        not has_more_values(context, MAX_VALUES)
        and len(_spelt(context)) <= MAX_TEXT_CHARACTERS
        and count_rows(read(context)) <= MAX_ROWS
    )


def raw_context(sheet: Sheet) -> str:
    """Spell the whole context as it was sent."""
    return _spelt(sheet.content.context)


def _spelt(context: Json) -> str:
    return json.dumps(context, ensure_ascii=False, indent=2)
