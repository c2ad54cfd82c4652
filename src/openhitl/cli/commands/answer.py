"""Answer a case that waits for you."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.inboxes import here_and_now, opened_inbox, person_config
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.client.config import ClientConfig
from openhitl.errors import CaseCancelled, CaseExpired, DuplicateSubmission, VerificationRequired
from openhitl.person.answers import Given, answer_data, split_fields
from openhitl.person.asked import Asked
from openhitl.person.drawing.frame import DONE, outcome_line
from openhitl.person.requests import review_url
from openhitl.protocol.case import Json
from openhitl.protocol.visible import one_line

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def answer(
    case_id: Annotated[str, typer.Argument(metavar="ID")],
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION",
            help="approve, edit, reject; select; submit; confirm, cancel; retry, skip, abort.",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(metavar="JSON|-", help="The answer's data as a JSON object; - for standard input."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, or what to change, in your own words.")] = "",
    choose: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="An item, by its title or id. Repeat for more.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="A form's field or a parameter. Repeat for more."),
    ] = None,
    ref: Annotated[
        str | None, typer.Option(help="The case's reference code, which high risk asks for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was recorded as JSON.")] = False,
) -> int:
    """Answer a case that you may answer. What is missing is asked for on a terminal.

    Exit codes: 0 recorded, 1 not (somebody else was first, for instance), 11 too late, 12 withdrawn.
    """
    config = person_config()
    given = Given(
        data=_data(data), reason=reason, choose=tuple(choose or ()), fields=split_fields(fields or ())
    )
    terminal = Terminal()
    asked = asyncio.run(_fetch(config, case_id))
    if asked.ended is not None:
        return _too_late(terminal, asked)
    _check_place(config, asked, action)
    sent = answer_data(asked, action, given)
    _check_ref(asked, action, ref)
    try:
        recorded = asyncio.run(_send(config, asked, action, sent))
    except (DuplicateSubmission, CaseCancelled, CaseExpired):
        return _too_late(terminal, asyncio.run(_fetch(config, case_id)))
    if as_json:
        print_json(recorded)
    else:
        print(for_stdout(f"{DONE.get(action, action)}: {one_line(asked.prompt)} (ref {asked.ref})"))
    return Exit.ANSWERED


async def _fetch(config: ClientConfig, case_id: str) -> Asked:
    async with opened_inbox(config) as inbox:
        return await inbox.case(case_id)


async def _send(config: ClientConfig, asked: Asked, action: str, data: Json) -> dict[str, Any]:
    async with opened_inbox(config) as inbox:
        return await inbox.answer(asked, action, data, submission_id=secrets.token_urlsafe(16))


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


def _check_place(config: ClientConfig, asked: Asked, action: str) -> None:
    if asked.needs_browser(action):
        where = review_url(config.server_url, asked.case_id)
        raise VerificationRequired("This answer takes your passkey, which a browser asks for.", hint=where)


def _check_ref(asked: Asked, action: str, ref: str | None) -> None:
    if asked.needs_ref(action) and (ref or "").upper() != asked.ref:
        raise UsageMistake("This is of high risk or cannot be undone: give its reference code with --ref.")


def _too_late(terminal: Terminal, asked: Asked) -> int:
    """Say what became of a case that takes no answer any more; return the exit code."""
    assert asked.ended is not None
    terminal.say(f"error: {outcome_line(asked, asked.ended, here_and_now())}")
    codes = {"expired": Exit.EXPIRED, "cancelled": Exit.CANCELLED}
    return codes.get(asked.ended.status, Exit.ERROR)
