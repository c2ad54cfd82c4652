"""Check this machine's set-up and say what to do about what is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from openhitl.cli.answers import print_json
from openhitl.cli.checks import Level, check_all
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import for_stdout
from openhitl.client.config import load_config
from openhitl.settings import load_settings

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}
app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False) -> int:
    """Check Python, the data folder, the secret, the database, the port, the address, the clock, the
    terminal, the server that is asked and who owns what. Exit code 1 if anything fails; warnings
    alone are 0.
    """
    findings = check_all(load_settings(), load_config())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(for_stdout(f"{_MARKS[finding.level]}  {finding.name}: {finding.message}"))
            if finding.hint:
                print(for_stdout(f"      hint: {finding.hint}"))
    failed = any(finding.level is Level.FAIL for finding in findings)
    return Exit.ERROR if failed else Exit.ANSWERED
