"""Answer a case that waits for you."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.inboxes import here_and_now, opened_inbox, person_config
from openhitl.cli.replying import Draft, prepare
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.client.config import ClientConfig
from openhitl.errors import CaseCancelled, CaseExpired, DuplicateSubmission
from openhitl.person.answers import Given, split_fields
from openhitl.person.asked import Asked
from openhitl.person.drawing.frame import done_label, outcome_line
from openhitl.person.inbox import Inbox, new_submission_id
from openhitl.protocol.case import Json, Status
from openhitl.protocol.visible import one_line

app = typer.Typer(add_completion=False, rich_markup_mode=None)
_CODES = {Status.EXPIRED: Exit.EXPIRED, Status.CANCELLED: Exit.CANCELLED}


@app.command()
def answer(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION",
            help="approve, edit or reject; select; submit; confirm or cancel; retry, skip or abort.",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(metavar="JSON|-", help="The answer's data as a JSON object; - for standard input."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, or what to change, in your own words.")] = "",
    choose: Annotated[
        list[str] | None, typer.Option(metavar="ITEM", help="An item, by its title or id. Repeat for more.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="A form's field or a parameter. Repeat for more."),
    ] = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Edit what is to be approved, in your editor ($VISUAL, $EDITOR).")
    ] = False,
    ref: Annotated[
        str | None, typer.Option(metavar="CODE", help="The case's reference code, which high risk takes.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was recorded as JSON.")] = False,
) -> int:
    """Answer a case as the person who signed in. On a terminal, what is missing is asked for.

    Exit codes: 0 recorded; 1 not recorded, as when somebody else was first; 11 expired; 12 withdrawn.
    """
    config = person_config()
    given = Given(
        data=_data(data), reason=reason, choose=tuple(choose or ()), fields=split_fields(fields or ())
    )
    inbox = _Errand(config, case_id)
    asked = inbox.case()
    if asked.ended is not None:
        return _say_end(asked)
    draft = Draft(action=action, given=given, edit=edit, ref=ref)
    sent = prepare(asked, draft, page=inbox.page)
    try:
        recorded = inbox.answer(asked, action, sent)
    except (DuplicateSubmission, CaseCancelled, CaseExpired):
        return _say_end(inbox.case())
    if as_json:
        print_json(recorded)
    else:
        print(for_stdout(f"{done_label(action, sent)}: {one_line(asked.prompt)} (ref {asked.ref})"))
    return Exit.ANSWERED


class _Errand:
    """One case on one server, fetched and answered each over a connection of its own."""

    def __init__(self, config: ClientConfig, case_id: str) -> None:
        self._config = config
        self._case_id = case_id
        self.page = Inbox.page_of(config, case_id)

    def case(self) -> Asked:
        async def fetch() -> Asked:
            async with opened_inbox(self._config) as inbox:
                return await inbox.open(self._case_id)

        return asyncio.run(fetch())

    def answer(self, asked: Asked, action: str, data: Json) -> Json:
        async def send() -> Json:
            async with opened_inbox(self._config) as inbox:
                return await inbox.answer(asked, action, data, submission_id=new_submission_id())

        return asyncio.run(send())


def _data(source: str | None) -> Json:
    if source is None:
        return {}
    try:
        data = json.loads(sys.stdin.read() if source == "-" else source)
    except (ValueError, RecursionError) as error:
        raise UsageMistake(f"--data is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise UsageMistake("--data must be a JSON object.")
    return data


def _say_end(asked: Asked) -> int:
    """Say what became of a case that takes no answer any more; return the exit code."""
    if asked.ended is None:  # which a server that refuses answers would not say
        return Exit.ERROR
    Terminal().say(f"error: {outcome_line(asked, asked.ended, here_and_now())}. Nothing was sent.")
    return _CODES.get(asked.ended.status, Exit.ERROR)
