"""Keys, secrets, passkeys and deliveries, on the server's own machine."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.protocol.case import ActorKind
from openhitl.protocol.passkeys import Passkey
from openhitl.protocol.timestamps import timestamp
from openhitl.server.callback_admin import deliveries, secret_of
from openhitl.server.local import new_key
from openhitl.server.passkey_admin import list_passkeys, passkey_link, revoke_passkey
from openhitl.server.receipt_admin import rotate_receipt_key
from openhitl.settings import load_settings
from openhitl.store.jobs import Job


class KeyKind(StrEnum):
    """Who a key is for."""

    AGENT = "agent"
    SERVICE = "service"


app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def admin() -> None:
    """Work on the server's data folder. Whoever owns that folder may do all of this."""


@app.command("new-key")
def print_new_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The agent or service that the key is for.")],
    kind: Annotated[
        KeyKind, typer.Option(help="Agents ask for themselves, services on behalf of others.")
    ] = (KeyKind.AGENT),
) -> None:
    """Make an API key and print it, alone, on stdout. It is not shown again."""
    print(new_key(load_settings(), name, ActorKind(kind)))


@app.command("callback-secret")
def print_callback_secret(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Who is called back.")],
    rotate: Annotated[bool, typer.Option("--rotate", help="Begin a new secret.")] = False,
) -> None:
    """Print the secret that callbacks to an agent are signed with, alone, on stdout."""
    print(secret_of(load_settings(), agent, rotate=rotate))
    if rotate:
        Terminal().say("Callbacks are signed with both secrets for a day; then this one alone is good.")


@app.command("rotate-receipt-key")
def print_new_receipt_key() -> None:
    """Sign receipts with a new key from now on, and print its `kid`, alone, on stdout."""
    print(rotate_receipt_key(load_settings()))
    Terminal().say("Receipts that were signed before stay valid: the old public keys stay in the JWKS.")


@app.command("passkey-link")
def print_passkey_link(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose passkey it will be.")],
) -> None:
    """Print the address, good once and for 15 minutes, where somebody registers a passkey."""
    print(passkey_link(load_settings(), name))
    Terminal().say(f"Whoever opens it first answers as {for_stdout(name)}: hand it to nobody else.")


@app.command("passkeys")
def print_passkeys(
    revoke: Annotated[int | None, typer.Option(metavar="ID", help="Make this passkey useless.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the passkeys that answers can be proven with, or revoke one."""
    settings = load_settings()
    if revoke is not None:
        revoke_passkey(settings, revoke)
        Terminal().say(f"Passkey {revoke} proves nothing any more.")
        return
    found = list_passkeys(settings)
    if as_json:
        print_json([_told(passkey) for passkey in found])
        return
    if not found:
        Terminal().say("There is no passkey yet. Make a link with `hitl admin passkey-link NAME`.")
    for passkey in found:
        told = _told(passkey)
        state = f"revoked {told['revoked_at']}" if told["revoked_at"] else "good"
        used = f"used {told['last_used_at']}" if told["last_used_at"] else "never used"
        print(for_stdout(f"{told['id']}  {told['name']}  {told['host']}  {used}  {state}"))


def _told(passkey: Passkey) -> dict[str, Any]:
    used, revoked = passkey.last_used_at, passkey.revoked_at
    return {
        "id": passkey.passkey_id,
        "name": passkey.name,
        "host": passkey.rp_id,
        "created_at": timestamp(passkey.created_at),
        "last_used_at": timestamp(used) if used else None,
        "revoked_at": timestamp(revoked) if revoked else None,
    }


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
