"""Print the settings in force, secrets masked."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.terminal import for_stdout
from openhitl.client.config import load_config, load_person
from openhitl.settings import MASK, Settings, in_force, load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@dataclass(frozen=True, slots=True)
class Line:
    """One setting in force: its variable, its value and where that comes from."""

    name: str
    value: str | int | bool | None
    source: str


@app.command()
def config(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """Print what is in force, for the server and for agents on this machine; secrets are masked."""
    lines = [*_server_lines(load_settings()), *_client_lines()]
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    for line in lines:
        print(for_stdout(f"{line.name}={_spelled(line.value)}".ljust(60) + f"  # {line.source}"))


def _spelled(value: str | int | bool | None) -> str:
    """Spell a value as its environment variable would."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _server_lines(settings: Settings) -> list[Line]:
    shown = in_force(settings, lambda name, secret: MASK)
    return [Line(name, value, _source(name)) for name, value in shown.items()]


def _client_lines() -> list[Line]:
    client, person = load_config(), load_person()
    agent = MASK if client.has_credential else None
    lines = [
        Line("HITL_SERVER_URL", client.server_url, client.server_source),
        Line("HITL_API_KEY", agent, client.key_source or "not set"),
        Line("HITL_CONFIG_DIR", str(client.logins.folder), _source("HITL_CONFIG_DIR")),
    ]
    return [*lines, Line("person", MASK, person.key_source)] if person.login else lines


def _source(name: str) -> str:
    if os.environ.get(name):
        return "environment"
    path = os.environ.get(f"{name}_FILE")
    return f"file {path}" if path else "default"
