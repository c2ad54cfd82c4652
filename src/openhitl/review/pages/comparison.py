"""Which values of a selection's items are worth a column, so that items can be compared side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.context import Item
from openhitl.protocol.tree import Node, humanise, read

MIN_ITEMS = 3
MIN_COMMON = 2
MAX_COLUMNS = 4
_MAX_CHARACTERS = 48


def columns_of(items: Sequence[Item]) -> list[str]:
    """Choose the keys to compare by, in the order they are first said; none for items unlike each other.

    There are columns if at least three items share at least two keys with short values. Then what
    most of them say may have one too.
    """
    said = [_values(item) for item in items]
    counted = Counter(key for values in said for key in values)
    short = [key for key in counted if all(_is_short(values[key]) for values in said if key in values)]
    common = [key for key in short if counted[key] == len(items)]
    if len(items) < MIN_ITEMS or len(common) < MIN_COMMON:
        return []
    usual = [key for key in short if len(items) > counted[key] > len(items) / 2]
    chosen = {*common, *usual[: max(0, MAX_COLUMNS - len(common))]}
    return [key for key in counted if key in chosen][:MAX_COLUMNS]


def cells_of(item: Item, columns: Sequence[str]) -> list[tuple[int, Node]]:
    """Read an item's values for the columns, each with the number of its column from 1."""
    values = _values(item)
    return [
        (number, read(values[key], humanise(key))) for number, key in enumerate(columns, 1) if key in values
    ]


def _values(item: Item) -> Mapping[str, Any]:
    """Return what an item says; where it says a key twice, what its metadata says."""
    return {**item.metadata, **{key: value for key, value in item.rest.items() if key not in item.metadata}}


def _is_short(value: Any) -> bool:
    node = read(value)
    return node.is_leaf and len(node.text) <= _MAX_CHARACTERS and "\n" not in node.text
