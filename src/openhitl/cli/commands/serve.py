"""Run the server."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import typer

from openhitl.cli.first_start import welcome
from openhitl.server.serving import run
from openhitl.settings import PREFIX, Settings, load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def serve(**flags: Any) -> None:
    """Run the server until it is told to stop (Ctrl-C, SIGTERM).

    Every flag can be given as an environment variable too, and a flag wins. Give secrets in the
    environment or a file: other users of this machine can read the command line.
    """
    run(load_settings(flags), welcome=welcome)


def _flags() -> list[inspect.Parameter]:
    """Derive one option from each setting."""
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=typer.Option(
                None, help=f"{field.description} [{PREFIX}{name.upper()}]", show_default=False
            ),
            annotation=_simple(field.annotation) | None,
        )
        for name, field in Settings.model_fields.items()
    ]


def _simple(annotation: Any) -> type:
    """Choose what the command line reads for a setting: text, unless it is a number, switch or path."""
    return annotation if annotation in (bool, int, Path) else str


_PARAMETERS = _flags()
serve.__signature__ = inspect.Signature(_PARAMETERS)  # type: ignore[attr-defined]
serve.__annotations__ = {parameter.name: parameter.annotation for parameter in _PARAMETERS}
app.command()(serve)
