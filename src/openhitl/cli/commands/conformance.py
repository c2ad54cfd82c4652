"""Test any HITL service from outside: what the protocol requires, and what the service claims."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import Terminal
from openhitl.conformance import report
from openhitl.conformance.cases import is_address
from openhitl.conformance.checks import AREAS
from openhitl.conformance.creation import DEFAULT, parse_creation
from openhitl.conformance.probe import Target
from openhitl.conformance.run import run
from openhitl.errors import SetupError

Value = TypeVar("Value")
app = typer.Typer(add_completion=False, rich_markup_mode=None)
_AREAS = f"one of {', '.join(AREAS)}"


@app.command()
def conformance(
    url: Annotated[str, typer.Argument(help="The service's address.")],
    create: Annotated[
        str,
        typer.Option(
            metavar="METHOD PATH [BODY]",
            help="The request that makes a case. {type} stands for the review type, {timeout} for how long "
            "it stays open. Without a BODY, and without {type} in the PATH, questions of our own are sent.",
        ),
    ] = DEFAULT,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME: VALUE", help="Sent when creating, polling and listening. Repeatable."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Look at the case of this 202 body or hitl object only; - reads it."
        ),
    ] = None,
    respond: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Where the review page sends answers, with {case_id} and {token}."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="AREA", help=f"Repeatable: {_AREAS}.")] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="AREA", help="Repeatable: leave this area out.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings make the run fail too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit file too.")] = None,
) -> int:
    """Test a HITL service. Exit code 1 if it misses what the protocol requires, or does not answer at
    all; recommendations that it misses are warnings.

    It makes cases and answers them, always so that nothing happens: reject, cancel, abort.
    """
    target = Target(
        url=_read("URL", _address, url),
        creation=_read("--create", parse_creation, create),
        headers=dict(_read("--header", _header, one) for one in header or ()),
        given=_given(case) if case is not None else None,
        respond=respond,
    )
    areas = _areas(only, skip)
    terminal = Terminal()
    tell = terminal.draw if terminal.live else terminal.say
    results = asyncio.run(run(target, areas=areas, tell=tell))
    terminal.clear()
    if as_json:
        print_json(report.document(results))
    else:
        print(report.text(results))
    if junit is not None:
        _write(junit, report.junit(results, strict=strict))
    return Exit.ANSWERED if results.conforms(strict=strict) else Exit.ERROR


def _write(path: Path, content: bytes) -> None:
    """Write a file. Raises: SetupError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.") from error


def _read(option: str, read: Callable[[str], Value], text: str) -> Value:
    """Read the value of an option. Raises: BadParameter."""
    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {error}") from error


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError(f"{text!r} is not an address like https://reviews.example.com")
    return text


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ValueError(f"{text.partition(' ')[0]!r} is not NAME: VALUE")
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"the value of {name.strip()} has characters that no header can hold")
    return name.strip(), value.strip()


def _given(name: str) -> dict[str, Any]:
    """Read a hitl object, or a body that holds one. Raises: BadParameter."""
    try:
        body = json.loads(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"--case: {name}: {error.strerror}.") from error
    except ValueError as error:
        raise typer.BadParameter(f"--case: {name}: {error}") from error
    hitl = body.get("hitl", body) if isinstance(body, dict) else None
    if not isinstance(hitl, dict):
        raise typer.BadParameter("--case: there is no hitl object in it")
    return hitl


def _areas(only: Sequence[str] | None, skip: Sequence[str] | None) -> list[str]:
    """Choose the areas. Raises: BadParameter for one that there is not."""
    unknown = {*(only or ()), *(skip or ())} - AREAS.keys()
    if unknown:
        raise typer.BadParameter(f"there is no area {', '.join(sorted(unknown))}; {_AREAS}")
    return [area for area in only or AREAS if area not in (skip or ())]
