"""Any JSON as indented lines: labels, values, nothing left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openhitl.person.drawing.cells import cells
from openhitl.person.drawing.lines import EMPTY, Line, Span, Tone, labelled, marked, paragraph, said
from openhitl.protocol.tree import Node, humanise, read

_INDENT = 2
_MOST_LABEL_CELLS = 24
_LEAST_CELLS = 20
_WORDS = {"yes": "Yes", "no": "No", "none": "none"}


def values(given: Mapping[str, Any], width: int) -> Iterator[Line]:
    """Draw the members of an object under their names in words."""
    return nodes([read(value, humanise(str(key))) for key, value in given.items()], width)


def nodes(drawn: Sequence[Node], width: int) -> Iterator[Line]:
    """Draw nodes one below the other, the labels of leaves in a column."""
    labels = [cells(said(node.label)) for node in drawn if node.is_leaf and node.label]
    column = min(max(labels, default=0), _MOST_LABEL_CELLS) + 2
    for node in drawn:
        yield from _node(node, width, column)


def _node(node: Node, width: int, column: int) -> Iterator[Line]:
    if node.is_leaf:
        text = _WORDS.get(node.kind, node.text if node.text.strip() else "(empty)")
        if node.label:
            yield from labelled(node.label, text, width, column=column)
        else:
            yield from paragraph(text, width)
        return
    if node.label:
        yield from paragraph(said(node.label), width, Tone.QUIET)
    indent = _INDENT if node.label and width > _LEAST_CELLS else 0
    for line in _children(node, width - indent):
        yield (Span(" " * indent), *line) if line else EMPTY


def _children(node: Node, width: int) -> Iterator[Line]:
    if node.kind != "list":
        yield from nodes(node.children, width)
        return
    for child in node.children:
        yield from marked("- ", nodes([child], width - 2))
