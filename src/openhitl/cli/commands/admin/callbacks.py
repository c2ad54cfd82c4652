"""Callbacks: what they are signed with, and those that are not delivered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.protocol.timestamps import timestamp
from openhitl.server.callback_admin import deliveries, secret_of
from openhitl.settings import load_settings
from openhitl.store.jobs import Job

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("callback-secret")
def print_callback_secret(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Who is called back.")],
    rotate: Annotated[bool, typer.Option("--rotate", help="Begin a new secret.")] = False,
) -> None:
    """Print the secret that callbacks to an agent are signed with, alone, on stdout."""
    print(secret_of(load_settings(), agent, rotate=rotate))
    if rotate:
        Terminal().say("Callbacks are signed with both secrets for a day; then this one alone is good.")


@app.command("deliveries")
def list_deliveries(
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up.")] = False,
    replay: Annotated[
        list[int] | None, typer.Option(metavar="ID", help="Deliver this one, that was given up, again.")
    ] = None,
    replay_all: Annotated[
        bool, typer.Option("--replay-all", help="Deliver everything again that was given up.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List callbacks that are not delivered yet, or were given up; or have those delivered again."""
    with deliveries(load_settings()) as listed:
        if replay or replay_all:
            count = listed.replay(None if replay_all else replay)
            Terminal().say(f"{count} will be delivered again. A running server does it within a second.")
            return
        found = [_described(job) for job in listed.all(dead=True if dead else None)]
    if as_json:
        print_json(found)
        return
    if not found:
        Terminal().say("Nothing is waiting, and nothing was given up.")
    for one in found:
        state = "given up" if one["dead_at"] else f"due {one['due_at']}"
        line = f"{one['id']}  {one['case_id']}  {one['destination']}  {one['attempts']} failed  {state}"
        print(for_stdout(f"{line}  {one['last_error'] or ''}".rstrip()))


def _described(job: Job) -> dict[str, Any]:
    return {
        "id": job.job_id,
        "kind": job.kind.value,
        "case_id": job.case_id,
        "destination": job.destination,
        "attempts": job.attempts,
        "first_due_at": timestamp(job.first_due_at),
        "due_at": timestamp(job.due_at) if job.due_at else None,
        "dead_at": timestamp(job.dead_at) if job.dead_at else None,
        "last_error": job.last_error,
    }
