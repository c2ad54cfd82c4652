"""The commands, from their own help."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from openhitl.cli import commands
from openhitl.cli.exits import Exit
from scripts.reference.tables import table

WIDTH = 100
_HEAD = """# Commands

`hitl COMMAND --help` says what is below. The answer, or whatever else a program would read, stands alone on
standard output; everything meant for people goes to standard error.

## Exit codes

"""
_MEANINGS = {
    Exit.ANSWERED: "answered, or done",
    Exit.ERROR: "an error; standard error says which",
    Exit.USAGE: "wrong usage",
    Exit.DENIED: "answered, but not agreed to: rejected, changes requested, cancelled or aborted",
    Exit.EXPIRED: "expired: nobody answered in time",
    Exit.CANCELLED: "cancelled",
    Exit.INTERRUPTED: "interrupted by Ctrl-C; the case stays open",
}


def page() -> str:
    """Write the page."""
    codes = table(("code", "means"), ((str(int(code)), _MEANINGS[code]) for code in Exit))
    return _HEAD + codes + "".join(_sections())


def _sections() -> Iterator[str]:
    for name in sorted(module.name for module in pkgutil.iter_modules(commands.__path__)):
        module = importlib.import_module(f"{commands.__name__}.{name}")
        command = get_command(module.app)
        yield from _section(command, f"hitl {name.replace('_', '-')}")


def _section(command: object, name: str) -> Iterator[str]:
    assert isinstance(command, TyperCommand | TyperGroup)
    context = command.make_context(name, [], resilient_parsing=True, terminal_width=WIDTH)
    yield f"\n## {name}\n\n```\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, TyperGroup):
        for child, inner in command.commands.items():
            yield from _section(inner, f"{name} {child}")
