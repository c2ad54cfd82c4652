"""Any JSON as rows a person can read: the part of a context that has no place of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.record import record

MAX_FACTS = 6
_MAX_FACT_CHARACTERS = 80


@record(frozen=True, slots=True, kw_only=True)
class Node:
    """One value under a label. A leaf has `text`; a branch has `children`.

    `kind` is text, link, yes, no, none (null), empty, branch (labelled children), list (children
    without labels) or pairs (a branch of leaves only, small enough for one line).
    """

    label: str
    kind: str
    text: str = ""
    children: Sequence[Node] = ()

    @property
    def is_leaf(self) -> bool:
        return self.kind not in ("branch", "list", "pairs")


def humanise(key: str) -> str:
    """Spell a JSON key as words: `error_rate_percent` and `errorRate` become readable labels."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key).replace("_", " ").replace("-", " ").split()
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    return text[:1].upper() + text[1:] if text else key


def read(value: Any, label: str = "") -> Node:
    """Turn a JSON value into a node."""
    if isinstance(value, Mapping):
        return _branch(value, label)
    if isinstance(value, Sequence) and not isinstance(value, str):
        children = tuple(read(child) for child in value)
        return Node(label=label, kind="list" if children else "empty", children=children)
    if isinstance(value, bool):
        return Node(label=label, kind="yes" if value else "no")
    if value is None:
        return Node(label=label, kind="none")
    text = str(value)
    if not text.strip():
        return Node(label=label, kind="empty", text=text)
    is_link = isinstance(value, str) and re.match(r"https?://\S+\Z", text) is not None
    return Node(label=label, kind="link" if is_link else "text", text=text)


def _branch(value: Mapping[str, Any], label: str) -> Node:
    children = tuple(read(child, humanise(str(key))) for key, child in value.items())
    if not children:
        return Node(label=label, kind="empty")
    short = all(child.is_leaf and len(child.text) <= 40 for child in children)
    return Node(label=label, kind="pairs" if short and label else "branch", children=children)


def count_rows(node: Node) -> int:
    """Count about how many lines a node takes on the page."""
    if node.is_leaf or node.kind == "pairs":
        return 1 + max(len(node.text) // 60, node.text.count("\n"))
    return 1 + sum(count_rows(child) for child in node.children)


def has_more_values(value: Any, most: int) -> bool:
    """Tell whether there are more than so many values in a JSON value, itself included."""
    counted, waiting = 0, [value]
    while waiting and counted <= most:
        one = waiting.pop()
        counted += 1
        if isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, Sequence) and not isinstance(one, str):
            waiting.extend(one)
    return counted > most


def key_facts(rest: Mapping[str, Any]) -> tuple[list[Node], dict[str, Any]]:
    """Pick up to six short scalars that head the page, and return what remains."""
    facts: list[Node] = []
    remaining: dict[str, Any] = {}
    for key, value in rest.items():
        node = read(value, humanise(key))
        if len(facts) < MAX_FACTS and node.is_leaf and node.kind != "link" and _fits(node):
            facts.append(node)
        else:
            remaining[key] = value
    return facts, remaining


def _fits(node: Node) -> bool:
    return len(node.text) <= _MAX_FACT_CHARACTERS and "\n" not in node.text
