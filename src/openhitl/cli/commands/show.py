"""Show a case with everything in it, or verify a receipt."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.inboxes import Whose, columns, here_and_now, opened_inbox, person_config, print_lines
from openhitl.cli.lookups import fetch_case
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.cli.verification import tell_receipt
from openhitl.client.config import load_config
from openhitl.person.asked import in_clear
from openhitl.person.drawing.case import draw
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
    whose: Annotated[
        Whose, typer.Option("--as", help="As whom: the agent that asked, or the person who answers.")
    ] = Whose.AGENT,
    as_json: Annotated[bool, typer.Option("--json", help="Print the case, or the checks, as JSON.")] = False,
) -> int:
    """Show one of your cases: what was asked, how it stands, and the answer.

    With --as person: one that you may answer, as you would see it in your inbox.

    With --verify: whether the receipt of an answer is genuine. What was compared with the file is
    "checked"; what the receipt alone says is "said".
    """
    if (case_id is None) == (verify is None):
        raise UsageMistake("Name a case, or a file with --verify.")
    if verify is not None:
        return tell_receipt(verify, load_config(), jwks, as_json=as_json)
    if jwks is not None:
        raise UsageMistake("--jwks goes with --verify.")
    if whose is Whose.PERSON:
        asyncio.run(_show_inbox(str(case_id), as_json=as_json))
    else:
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


async def _show_inbox(case_id: str, *, as_json: bool) -> None:
    async with opened_inbox(person_config()) as inbox:
        view = await inbox.view(case_id)
        asked = await inbox.opened(view)
        if as_json:
            print_json(in_clear(view, asked))
            return
        before = await inbox.last_round(asked)
    print_lines(draw(asked, now=here_and_now(), width=columns(), before=before))


def _block(value: Any, *, indent: int) -> str:
    """Lay a value out beside its name, with nothing in it that could move the cursor."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return visible(text).replace("\n", "\n" + " " * indent)
