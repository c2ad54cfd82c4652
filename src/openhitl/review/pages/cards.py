"""Items of a selection or a confirmation as cards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from openhitl.protocol.context import Item
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, humanise, read
from openhitl.review.pages.comparison import cells_of
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.zone import is_drawable


@record(frozen=True, slots=True, kw_only=True)
class Card:
    """One item: short values stand in one line (`pairs`), longer ones below (`nodes`).

    `cells` are the values that stand in the columns of a comparison, with their numbers from 1.
    """

    id: str
    title: str
    description: str
    cells: Sequence[tuple[int, Node]]
    pairs: Sequence[Node]
    nodes: Sequence[Node]
    chosen: bool

    @property
    def has_more(self) -> bool:
        return bool(self.description or self.pairs or self.nodes)


def cards_of(sheet: Sheet, chosen: Collection[str] | None, *, columns: Sequence[str] = ()) -> list[Card]:
    """Read the items off a case; `chosen` None ticks all of them.

    Of a context that is not drawable they say their names and descriptions alone.
    """
    items = sheet.context.items if sheet.context else ()
    if not is_drawable(sheet):
        items = tuple(replace(item, metadata={}, rest={}) for item in items)
    return [
        _card(sheet, item, is_chosen=chosen is None or item.id in chosen, columns=columns) for item in items
    ]


def _card(sheet: Sheet, item: Item, *, is_chosen: bool, columns: Sequence[str]) -> Card:
    metadata = [(key, value) for key, value in item.metadata.items() if key not in columns]
    # An item may say the same key inside and beside its metadata: both are shown.
    beside = [(key, value) for key, value in item.rest.items() if key not in columns or key in item.metadata]
    nodes = [read(value, humanise(key)) for key, value in [*metadata, *beside]]
    # An id that is the title already stands there.
    ids = [Node(label=sheet.words.gettext("ID"), kind="text", text=item.id)] if item.id != item.title else []
    return Card(
        id=item.id,
        title=item.title,
        description=item.description,
        cells=cells_of(item, columns),
        pairs=[*(node for node in nodes if node.is_leaf), *ids],
        nodes=[node for node in nodes if not node.is_leaf],
        chosen=is_chosen,
    )
