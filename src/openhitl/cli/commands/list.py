"""List your cases, or with `--as person` those that you may answer."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.inboxes import Whose, columns, here_and_now, opened_inbox, person_config, print_lines
from openhitl.cli.lookups import fetch_cases, time_left
from openhitl.cli.place import Place
from openhitl.cli.terminal import Terminal
from openhitl.person.asked import Asked, in_clear
from openhitl.person.drawing.listing import in_order, listing
from openhitl.protocol.case import FINAL
from openhitl.protocol.visible import one_line, visible

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("list")
def list_cases(
    status: Annotated[str | None, typer.Option(help="Only cases of this status.")] = None,
    review_type: Annotated[str | None, typer.Option("--type", help="Only cases of this type.")] = None,
    since: Annotated[str | None, typer.Option(help="Only cases made since this ISO 8601 instant.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    whose: Annotated[
        Whose, typer.Option("--as", help="As whom: the agent that asked, or the person who answers.")
    ] = Whose.AGENT,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array, newest first.")] = False,
) -> None:
    """List the cases that your credential made, newest first.

    With --as person: the cases that you may answer, what ends first at the top; --status is open or
    ended then.
    """
    if whose is Whose.PERSON:
        if review_type is not None:
            raise UsageMistake("--type goes with the cases that an agent made.")
        _list_inbox(status, since, limit, as_json=as_json)
        return
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


def _list_inbox(status: str | None, since: str | None, limit: int, *, as_json: bool) -> None:
    if status not in (None, "open", "ended"):
        raise UsageMistake("With --as person, --status is open or ended.")
    filters = {name: value for name, value in {"status": status, "since": since}.items() if value is not None}
    views, cases = asyncio.run(_fetch(filters, limit))
    if as_json:
        print_json(views)
        return
    if not cases:
        Terminal().say("Nothing waits for you." if status != "ended" else "No cases.")
    cases = in_order(cases)
    print_lines(listing(cases, now=here_and_now(), width=columns()))


async def _fetch(filters: Mapping[str, str], limit: int) -> tuple[list[Mapping[str, Any]], list[Asked]]:
    """Fetch cases; return them as JSON and as they are drawn, what is encrypted in the clear in both."""
    async with opened_inbox(person_config()) as inbox:
        views = await inbox.views(filters, limit=limit)
        cases = await inbox.read_all(views)
    return [in_clear(*pair) for pair in zip(views, cases, strict=True)], cases


def _row(case: dict[str, Any], width: int | None) -> str:
    """Say a case in one line, or in two where the prompt would not fit beside the rest."""
    left = "" if case["status"] in FINAL else time_left(case)
    facts = visible(f"{case['case_id']}  {case['status']:<11}  {case['type']:<12}  {left:>11}")
    prompt = one_line(case["prompt"])
    if width is None or len(facts) + len(prompt) + 2 <= width:
        return f"{facts}  {prompt}"
    return f"{facts.rstrip()[:width]}\n  {prompt[: width - 2]}"
