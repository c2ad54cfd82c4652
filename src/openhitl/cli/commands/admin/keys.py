"""API keys: making them, which there are, and revoking."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import Terminal, for_stdout
from openhitl.protocol.case import ActorKind
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.timestamps import timestamp
from openhitl.server.key_admin import list_keys, revoke_key
from openhitl.server.local import new_key
from openhitl.settings import load_settings
from openhitl.store.records import KeyListed

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class KeyKind(StrEnum):
    """Who a key is for."""

    AGENT = "agent"
    SERVICE = "service"


@app.command("new-key")
def print_new_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The agent or service that the key is for.")],
    kind: Annotated[
        KeyKind, typer.Option(help="Agents ask for themselves, services on behalf of others.")
    ] = (KeyKind.AGENT),
    owner: Annotated[
        str | None, typer.Option(metavar="PERSON", help="Whose agent it is; by default the server's own.")
    ] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What the key is good for; may be given twice. [default: both]")
    ] = None,
) -> None:
    """Make an API key and print it, alone, on stdout. It is not shown again."""
    scopes = frozenset(scope) if scope else ALL_SCOPES
    print(new_key(load_settings(), name, ActorKind(kind), owner=owner, scopes=scopes))


@app.command("keys")
def print_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the API keys that are good."""
    found = [_told(key) for key in list_keys(load_settings())]
    if as_json:
        print_json(found)
        return
    if not found:
        Terminal().say("There is no key yet. Make one with `hitl admin new-key NAME`.")
    for one in found:
        words = [str(one["id"]), one["agent"], one["kind"], " ".join(one["scopes"]), one["created_at"]]
        print(for_stdout("  ".join(words if one["name"] == one["agent"] else [*words, one["name"]])))


@app.command("revoke-key")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="As `hitl admin keys` lists it.")],
) -> None:
    """Make an API key useless at once."""
    revoke_key(load_settings(), key_id)
    Terminal().say(f"Key {key_id} opens nothing any more.")


def _told(key: KeyListed) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "agent": key.agent_name,
        "agent_id": key.agent_id,
        "kind": key.kind.value,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "created_at": timestamp(key.created_at),
    }
