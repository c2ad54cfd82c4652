"""A made-up right-to-left catalogue: English in brackets, so that what is not translated shows."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog

from openhitl.words import Words
from openhitl.words.extract import collect, compiled


def mirrored(folder: Path) -> Words:
    """Compile the catalogue into a folder and load it as Arabic."""
    catalog = Catalog(locale="ar")
    for message in collect():
        if isinstance(message.id, tuple | list):
            catalog.add(message.id, [f"⟪{message.id[1]}⟫"] * catalog.num_plurals)
        elif message.id:
            catalog.add(message.id, f"⟪{message.id}⟫")
    path = folder / "ar" / "LC_MESSAGES" / "openhitl.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(compiled(catalog))
    return Words.load("ar", folder)
