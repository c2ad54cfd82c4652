"""Questions to whoever sits at a terminal, on standard error: standard output is for the answer."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence

import typer

from openhitl.protocol.visible import visible


def is_interactive() -> bool:
    """Tell whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Ask for a line. Raises: typer.Abort at the end of input."""
    sys.stderr.write(visible(question))
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise typer.Abort
    return line.rstrip("\r\n")


def ask_secret(question: str) -> str:
    """Ask for a line that is not shown. Raises: typer.Abort at the end of input."""
    try:
        return getpass.getpass(visible(question), stream=sys.stderr)
    except EOFError as error:
        raise typer.Abort from error


def agreed(question: str) -> bool:
    """Ask for a yes; anything else is none."""
    return ask(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def complain(text: str) -> None:
    """Say what is wrong with what was typed."""
    sys.stderr.write(f"  {visible(text)}\n")


def numbers_in(text: str, most: int) -> Sequence[int] | None:
    """Read numbers from 1 to `most`, with commas or spaces between; None if there is anything else."""
    words = text.replace(",", " ").split()
    found = [int(word) for word in words if word.isascii() and word.isdecimal() and len(word) < 6]
    return found if len(found) == len(words) and all(1 <= one <= most for one in found) else None
