"""Textual is loaded by the inbox that fills the terminal, and by nothing else."""

from __future__ import annotations

import subprocess
import sys

from tests.test_layers import imported_modules, sources

MAY_LOAD_TEXTUAL = "person/screen/"
WITHOUT = """
import sys
sys.modules["textual"] = None
from openhitl.cli.commands.inbox import app
from openhitl.cli.running import run
sys.exit(run(app, [], "hitl inbox"))
"""


def test_only_the_screen_names_textual() -> None:
    named = {
        source.name
        for source in sources()
        for _, module in imported_modules(source)
        if module.split(".")[0] in ("textual", "rich")
    }
    assert [name for name in named if not name.startswith(MAY_LOAD_TEXTUAL)] == []


def test_the_plain_commands_load_no_textual() -> None:
    program = "; ".join(
        f"import openhitl.cli.commands.{name}" for name in ("list", "show", "answer", "signin")
    )
    run = subprocess.run(
        [sys.executable, "-c", f"{program}; import sys; print('textual' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "False\n"


def test_without_textual_it_is_said_how_to_get_it() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "error: The inbox takes Textual, which is not installed.\nhint: pip install 'openhitl[terminal]'\n"
    )
