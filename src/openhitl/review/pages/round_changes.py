"""What else is not as it was in the last round, the text of the artifact aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openhitl.cases import StoredCase
from openhitl.protocol.case import Content
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, humanise, read
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.zone import is_drawable, is_light

#: A longer value is only said to have changed.
MAX_CHARACTERS = 160
_IDS = ("id", "key", "name")
#: Keeps a context that has a `prompt` of its own apart from the prompt; never shown.
_CONTEXT = ""
Path = tuple[str, ...]


@record(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that is new, gone or another; both sides None where it is too long to say."""

    label: str
    before: Node | None
    after: Node | None


def changes_since(sheet: Sheet, last: StoredCase) -> list[Change]:
    """List what differs, in the order of what is asked now; nothing across review types."""
    content = sheet.content
    if last.content.type != content.type or not (is_drawable(sheet) and is_light(last.content.context)):
        return []
    before, after = dict(_leaves(last.content)), dict(_leaves(content))
    return [
        _change(path, before.get(path), after.get(path))
        for path in [*after, *(path for path in before if path not in after)]
        if before.get(path) != after.get(path)
    ]


def _change(path: Path, before: Node | None, after: Node | None) -> Change:
    label = " › ".join(humanise(name) for name in path if name != _CONTEXT)
    if any(node is not None and not _is_short(node) for node in (before, after)):
        return Change(label=label, before=None, after=None)
    return Change(label=label, before=before, after=after)


def _is_short(node: Node) -> bool:
    return len(node.text) <= MAX_CHARACTERS and "\n" not in node.text


def _leaves(content: Content) -> Iterator[tuple[Path, Node]]:
    """Walk through what is asked, but for the artifact's text and the agent's message."""
    yield ("prompt",), read(content.prompt)
    yield ("default_action",), read(str(content.default_action))
    for key, value in content.context.items():
        if key != "artifact":
            yield from _walk((_CONTEXT, key), value)
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                if name != "content":
                    yield from _walk((_CONTEXT, key, name), inner)


def _walk(path: Path, value: Any) -> Iterator[tuple[Path, Node]]:
    """Walk through the values of a JSON value; what holds none says nothing."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk((*path, str(key)), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for name, inner in zip(_names(value), value, strict=True):
            yield from _walk((*path, name), inner)
    else:
        yield path, read(value)


def _names(values: Sequence[Any]) -> list[str]:
    """Name the elements of a list by what identifies them, so that a move is no change; else by number."""
    for key in _IDS:
        names = [str(one.get(key, "")) if isinstance(one, Mapping) else "" for one in values]
        if all(names) and len(set(names)) == len(names):
            return names
    return [str(number) for number, _ in enumerate(values, 1)]
