"""Print what agents told you that wants no answer."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.inboxes import columns, here_and_now, opened_inbox, person_config, print_lines
from openhitl.cli.terminal import Terminal
from openhitl.person.drawing.notices import notice_lines
from openhitl.person.notices import Told, spelt

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def notices(
    unread: Annotated[bool, typer.Option("--unread", help="Only what you have not read.")] = False,
    read: Annotated[
        bool, typer.Option("--read", help="Then note that you have read it, and all that came before it.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Look at the newest so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """Print what agents told you, newest first. To look is not to say that you have read it: --read says so.

    What is encrypted is read where this terminal is one of your devices (`hitl inbox --device`) and a
    question of the agent's was opened on it before.
    """
    found = asyncio.run(_fetch(limit, unread=unread, read=read))
    if as_json:
        print_json([spelt(told) for told in found])
        return
    if not found:
        Terminal().say("Nothing new." if unread else "Nobody has told you anything yet.")
    print_lines(notice_lines(found, now=here_and_now(), width=columns()))


async def _fetch(limit: int, *, unread: bool, read: bool) -> list[Told]:
    async with opened_inbox(person_config()) as inbox:
        found = (await inbox.notices(limit=limit)).told
        if read and found:
            await inbox.mark_read(found[0].notice_id)
    return [told for told in found if not (unread and told.is_read)]
