"""Passkeys: links to register them at, which there are, and revoking."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.protocol.passkeys import Passkey
from openhitl.protocol.timestamps import timestamp
from openhitl.server.passkey_admin import list_passkeys, passkey_link, revoke_passkey
from openhitl.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


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
