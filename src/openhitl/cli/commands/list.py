"""List your cases, newest first."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.lookups import fetch_cases, time_left
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.protocol.case import FINAL
from openhitl.protocol.visible import one_line, visible

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("list")
def list_cases(
    status: Annotated[str | None, typer.Option(help="Only cases of this status.")] = None,
    review_type: Annotated[str | None, typer.Option("--type", help="Only cases of this type.")] = None,
    since: Annotated[str | None, typer.Option(help="Only cases made since this ISO 8601 instant.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the cases that your credential made, newest first."""
    given = {"status": status, "type": review_type, "since": since}
    filters = {name: value for name, value in given.items() if value is not None}
    terminal = Terminal()
    with Place(terminal) as place:
        cases = asyncio.run(fetch_cases(place.config, filters, limit=limit))
    if as_json:
        print_json(cases)
        return
    if not cases:
        terminal.say("No cases.")
    for case in cases:
        print(_row(case, shutil.get_terminal_size().columns - 1 if sys.stdout.isatty() else None))


def _row(case: dict[str, Any], width: int | None) -> str:
    """Say a case in one line, or in two where the prompt would not fit beside the rest."""
    left = "" if case["status"] in FINAL else time_left(case)
    facts = visible(f"{case['case_id']}  {case['status']:<11}  {case['type']:<12}  {left:>11}")
    prompt = one_line(case["prompt"])
    if width is None or len(facts) + len(prompt) + 2 <= width:
        return f"{facts}  {prompt}"
    return f"{facts.rstrip()[:width]}\n  {prompt[: width - 2]}"
