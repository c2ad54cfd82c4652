"""Show one of your cases with everything in it."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.lookups import fetch_case
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.protocol.visible import visible

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def show(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the case as JSON.")] = False,
) -> None:
    """Show one of your cases: what was asked, how it stands, and the answer."""
    with Place(Terminal()) as place:
        view = asyncio.run(fetch_case(place.config, case_id))
    if as_json:
        print_json(view)
        return
    width = max(map(len, view))
    for name, value in view.items():
        if value is not None:
            print(f"{visible(name):<{width}}  {_block(value, indent=width + 2)}")


def _block(value: Any, *, indent: int) -> str:
    """Lay a value out beside its name, with nothing in it that could move the cursor."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return visible(text).replace("\n", "\n" + " " * indent)
