"""API keys."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from openhitl.protocol.case import ActorKind
from openhitl.server.local import new_key
from openhitl.settings import load_settings

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
) -> None:
    """Make an API key and print it, alone, on stdout. It is not shown again."""
    print(new_key(load_settings(), name, ActorKind(kind)))
