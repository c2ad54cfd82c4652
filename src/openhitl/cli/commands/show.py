"""Show one of your cases with everything in it, or verify a receipt."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.lookups import fetch_case
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.cli.verification import tell_receipt
from openhitl.client.config import load_config
from openhitl.protocol.visible import visible

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def show(
    case_id: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    verify: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Verify the receipt in a poll body or case, as JSON; - for standard input.",
        ),
    ] = None,
    jwks: Annotated[
        str | None,
        typer.Option(metavar="FILE|URL", help="The keys to verify with, instead of the server's."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the case, or the checks, as JSON.")] = False,
) -> int:
    """Show one of your cases: what was asked, how it stands, and the answer.

    With --verify: whether the receipt of an answer is genuine. What was compared with the file is
    "checked"; what the receipt alone says is "said".
    """
    if (case_id is None) == (verify is None):
        raise UsageMistake("Name a case, or a file with --verify.")
    if verify is not None:
        return tell_receipt(verify, load_config(), jwks, as_json=as_json)
    if jwks is not None:
        raise UsageMistake("--jwks goes with --verify.")
    _show(str(case_id), as_json=as_json)
    return Exit.ANSWERED


def _show(case_id: str, *, as_json: bool) -> None:
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
