"""Items of a selection or a confirmation as cards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.tree import Node, humanise, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One item: short values stand in one line (`pairs`), longer ones below (`nodes`)."""

    id: str
    title: str
    description: str
    pairs: Sequence[Node]
    nodes: Sequence[Node]
    chosen: bool

    @property
    def has_more(self) -> bool:
        return bool(self.description or self.pairs or self.nodes)


def cards_of(sheet: Sheet, chosen: Collection[str] | None) -> list[Card]:
    """Read the items off a case; `chosen` None ticks all of them."""
    cards = []
    for item in sheet.context.items if sheet.context else ():
        # An item may say the same key inside and beside its metadata: both are shown.
        values = [*item.metadata.items(), *item.rest.items()]
        nodes = [read(value, humanise(key)) for key, value in values]
        item_id = Node(label=sheet.words.gettext("ID"), kind="text", text=item.id)
        cards.append(
            Card(
                id=item.id,
                title=item.title,
                description=item.description,
                pairs=[*(node for node in nodes if node.is_leaf), item_id],
                nodes=[node for node in nodes if not node.is_leaf],
                chosen=chosen is None or item.id in chosen,
            )
        )
    return cards
