"""Find the command by its name, and load that one only."""

from __future__ import annotations

import ast
import difflib
import importlib
import pkgutil
import sys
from importlib import resources
from pathlib import Path
from types import ModuleType

from openhitl import __version__
from openhitl.cli import commands
from openhitl.cli.exits import Exit


def main() -> None:
    """Run `hitl` (or `hitl-cli`, the same program under its older name) and exit."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(_run(Path(sys.argv[0]).name.removesuffix(".exe"), sys.argv[1:]))


def _run(program: str, arguments: list[str]) -> int:
    if program == "__main__.py":
        program = "hitl"
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_help(program), file=sys.stdout if arguments else sys.stderr)
        return Exit.ANSWERED if arguments else Exit.USAGE
    name, *rest = arguments
    if name in ("-V", "--version"):
        print(f"{program} {__version__}")
        return Exit.ANSWERED
    if name not in _names():
        near = difflib.get_close_matches(name, _names(), n=1)
        print(f"error: There is no command {name!r}.", file=sys.stderr)
        print(f"hint: {program} {near[0] if near else '--help'}", file=sys.stderr)
        return Exit.USAGE
    running = importlib.import_module("openhitl.cli.running")
    command: ModuleType = importlib.import_module(f"{commands.__name__}.{_module(name)}")
    return int(running.run(command.app, rest, f"{program} {name}"))


def _names() -> list[str]:
    found = pkgutil.iter_modules(commands.__path__)
    return sorted(module.name.replace("_", "-") for module in found)


def _module(name: str) -> str:
    return name.replace("-", "_")


def _help(program: str) -> str:
    lines = [f"Usage: {program} COMMAND [OPTIONS]", "", "Ask a human, get a typed answer.", "", "Commands:"]
    width = max(map(len, _names()))
    lines += [f"  {name:<{width}}  {_summary(name)}" for name in _names()]
    return "\n".join(
        [*lines, "", f"`{program} COMMAND --help` says more; `{program} --version` the version."]
    )


def _summary(name: str) -> str:
    """Read the first line of a command's docstring without running its module."""
    place = resources.files(commands)
    file, package = place.joinpath(f"{_module(name)}.py"), place.joinpath(_module(name), "__init__.py")
    source = (file if file.is_file() else package).read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
