"""The audit log: given out, and checked by whoever has it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from openhitl.cli.auditing import Beliefs, export_log, tell_broken, tell_whole, verify_database, verify_file
from openhitl.cli.terminal import Terminal
from openhitl.errors import InvalidCheckpoint, InvalidReceipt, LogBroken
from openhitl.server.audit_admin import audit_log
from openhitl.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def audit() -> None:
    """Give out the audit log, or check it: what was decided, who signed in, what was changed."""


@app.command("export")
def print_log(
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write there, for its owner alone; not to stdout.")
    ] = None,
    since: Annotated[
        int, typer.Option(metavar="POSITION", min=0, help="Only what comes after this position.")
    ] = 0,
) -> None:
    """Write the log, an entry a line, signed at its end. What was found broken is said at the end."""
    terminal = Terminal()
    with audit_log(load_settings()) as log:
        whole = export_log(log, out, since)
    terminal.say(f"The log up to position {whole.end.position} is written and signed.")
    terminal.say(f"Keep the name of the key elsewhere, to verify with `--key {whole.end.key_id}`.")


@app.command("checkpoint")
def print_checkpoint() -> None:
    """Print the newest checkpoint, alone, on stdout: keep it where nobody can reach the log's database."""
    with audit_log(load_settings()) as log:
        print(log.checkpoint())


@app.command("verify")
def verify(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help="What export wrote, - for stdin; else the database itself."),
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE|JWS", help="A checkpoint kept elsewhere, or a file with one a line."),
    ] = None,
    receipt: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="An answered case with its receipt, as JSON.")
    ] = None,
    jwks: Annotated[
        str | None, typer.Option(metavar="FILE", help="The installation's public keys, kept elsewhere.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="KID", help="Believe this key of those in the file only.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> int:
    """Check every entry and signature; exit code 1 if anything was changed, removed, added or moved.

    For a file neither server nor database nor root secret is needed.
    """
    beliefs = Beliefs(checkpoint or (), receipt or (), jwks, frozenset(key or ()))
    try:
        whole = verify_file(file, beliefs) if file is not None else verify_database(load_settings(), beliefs)
    except (LogBroken, InvalidCheckpoint, InvalidReceipt) as error:
        return tell_broken(error, as_json=as_json)
    if file is not None and not beliefs.pins:
        Terminal().say(
            "The keys are those that the file itself brings: whoever rewrites all of it can bring keys of"
            " their own. Name yours with --key or --jwks."
        )
    return tell_whole(whole, as_json=as_json, out=sys.stdout)
