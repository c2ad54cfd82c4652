"""The shape of the house: who may import whom, and how large and how broad its parts may be."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import openhitl

ROOT = Path(openhitl.__file__).parent
CHECKOUT = Path(__file__).parent.parent

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60  # of body, the docstring not counted
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "manager", "managers"}

#: Layer -> the layers that it may import. "*" is all of them.
_PURE = {"protocol", "errors"}
_RULES = {"feed", "store", "settings", "keyring", *_PURE}
_IDENTITY = {"store", "outbound", "settings", "keyring", *_PURE}
_CHANNELS = {"outbound", "words", *_PURE}
_JOBS = {"cases", "notices", "channels", "identity", "evidence", *_RULES, *_IDENTITY, *_CHANNELS}
_REVIEW = {"cases", "feed", "identity", "evidence", "words", "settings", *_PURE}
LAYERS: dict[str, set[str]] = {
    "errors": set(),
    "settings": {"errors"},
    "keyring": {"errors"},
    "protocol": {"errors"},
    "outbound": {"errors", "settings"},
    "words": _PURE,
    "store": {"keyring", *_PURE},
    "feed": {"store", *_PURE},
    "identity": _IDENTITY,
    "evidence": {"outbound", *_PURE},
    "cases": _RULES,
    "notices": _RULES,
    "channels": _CHANNELS,
    "jobs": _JOBS,
    "review": _REVIEW,
    "asking": _PURE,
    "service": {"review", "jobs", *_REVIEW, *_JOBS},
    "server": {"review", "jobs", "asking", *_REVIEW, *_JOBS},
    "client": _PURE,
    "agent": {"client", *_PURE},
    "person": {"client", *_PURE},
    "runtimes": {"agent", "client", *_PURE},
    "conformance": {"errors"},
    "cli": {"*"},
}

IMPORTING = {"import_module", "__import__"}
#: These resolve names when they are first asked for, so that an agent never loads a server.
#: And an agent loads the system's keyring only if its login lies there.
#: And it loads what encrypts only if it encrypts, and a server what MCP takes only if somebody speaks it.
LATE_IMPORTERS = {
    "__init__.py",
    "agent/encryption.py",
    "cli/__main__.py",
    "client/vaults.py",
    "server/late_mcp.py",
}

EVERYTHING = {"Exception", "BaseException"}
#: The outermost handlers: what ends here is reported, and the process lives on.
MAY_CATCH_EVERYTHING = {
    "asking/tool_server.py",
    "jobs/engine.py",
    "review/asgi.py",
    "service/handlers.py",
    "store/writer.py",
}

#: Deciding needs no clock, chance, file, socket or framework.
IMPURE = {
    "asyncio", "httpx2", "io", "logging", "os", "pathlib", "pydantic", "random", "secrets", "socket",
    "sqlalchemy", "ssl", "starlette", "structlog", "subprocess", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
CLOCK_READS = {"now", "utcnow", "today"}

#: Clients that only those who use them have.
OTHERS_CLIENTS = {"httpx", "requests", "urllib3"}
#: What asking a human must not load.
SERVER_SIDE = {
    "alembic", "cryptography", "jinja2", "mcp", "openhitl.asking", "openhitl.cases", "openhitl.review",
    "openhitl.server", "openhitl.store", "prometheus_client", "psycopg", "pydantic", "sqlalchemy",
    "starlette", "uvicorn",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One Python file of the package."""

    name: str  # relative to the package, e.g. "store/writer.py"
    tree: ast.Module
    lines: int

    @property
    def module(self) -> str:
        parts = self.name.removesuffix(".py").removesuffix("/__init__").split("/")
        return ".".join(["openhitl", *(part for part in parts if part != "__init__")])

    @property
    def layer(self) -> str:
        return layer_of(self.module)


def layer_of(module: str) -> str:
    """Name the layer of a module; the package itself is the layer ""."""
    return module.split(".")[1] if "." in module else ""


def read(path: Path, base: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(base).as_posix(), ast.parse(text), len(text.splitlines()))


def read_all(paths: Iterable[Path], base: Path) -> tuple[Source, ...]:
    """Read files. Trees are millions of objects, which a collector would go through again and again."""
    gc.disable()
    try:
        return tuple(read(path, base) for path in paths)
    finally:
        gc.enable()
        gc.freeze()


@cache
def sources() -> tuple[Source, ...]:
    return read_all(sorted(ROOT.rglob("*.py")), ROOT)


@cache
def everything() -> tuple[Source, ...]:
    """Also what is not part of the package: tests, benchmarks, scripts."""
    folders = ("src", "tests", "benchmarks", "scripts", "examples")
    paths = (path for folder in folders for path in sorted((CHECKOUT / folder).rglob("*.py")))
    return read_all(paths, CHECKOUT)


def imported_modules(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every module that a file names in an import, anywhere in it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name}:{node.lineno} imports relatively"
            for alias in node.names:
                yield node.lineno, _named(node.module or "", alias.name)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "openhitl"
        ):
            yield node.lineno, _named("openhitl", node.attr)


def _named(module: str, name: str) -> str:
    """Follow a name to its module: `from openhitl import HITL` is an import of `openhitl.agent`."""
    if module != "openhitl":
        return module
    if name in openhitl._HOMES:
        return openhitl._HOMES[name]
    return f"openhitl.{name}" if name in LAYERS else module


def forbidden_imports(source: Source) -> Iterator[str]:
    allowed = LAYERS[source.layer] | {source.layer, ""}
    for line, module in imported_modules(source):
        if module.split(".")[0] != "openhitl" or "*" in allowed:
            continue
        if layer_of(module) not in allowed:
            yield f"{source.name}:{line} {source.layer} imports {layer_of(module)}"


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    has_docstring = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_docstring else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def catches_everything(node: ast.AST) -> bool:
    """Whether something swallows any error; a handler that only cleans up and raises again does not."""
    if isinstance(node, ast.Call):
        return _spelled(node.func) == "suppress" and any(_spelled(one) in EVERYTHING for one in node.args)
    if not isinstance(node, ast.ExceptHandler):
        return False
    last = node.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    broad = node.type is None or any(_spelled(one) in EVERYTHING for one in ast.walk(node.type))
    return broad and not raises_again


def _spelled(node: ast.AST) -> str:
    """Return the last name of an expression like `a.b.c`."""
    return getattr(node, "attr", getattr(node, "id", ""))


def test_every_part_of_the_package_is_a_known_layer() -> None:
    assert {source.layer for source in sources()} - {""} <= set(LAYERS)


def test_the_layer_table_names_only_layers() -> None:
    assert {name for allowed in LAYERS.values() for name in allowed} - {"*"} <= set(LAYERS)


def test_layers_import_only_what_lies_below_them() -> None:
    found = [line for source in sources() if source.layer for line in forbidden_imports(source)]
    assert found == []


def test_no_function_imports() -> None:
    late = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        if source.name not in LATE_IMPORTERS
        for function in functions(source)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) or _spelled(node) in IMPORTING
    ]
    assert late == []


def test_the_protocol_is_pure() -> None:
    impure = [
        f"{source.name}:{line} {module}"
        for source in sources()
        if source.layer == "protocol"
        for line, module in imported_modules(source)
        if module.split(".")[0] in IMPURE
    ]
    clocks = [
        f"{source.name}:{node.lineno} reads a clock"
        for source in sources()
        if source.layer == "protocol"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK_READS
    ]
    assert impure + clocks == []


def test_names_say_what_a_file_holds() -> None:
    empty = [
        source.name
        for source in everything()
        if EMPTY_NAMES & set(source.name.removesuffix(".py").replace("/", " ").replace("_", " ").split())
    ]
    assert empty == []


def test_files_and_functions_are_small() -> None:
    files = [f"{s.name}: {s.lines} lines" for s in everything() if s.lines > MAX_FILE_LINES]
    long = [
        f"{source.name}:{function.lineno} {function.name}: {body_lines(function)} lines"
        for source in everything()
        for function in functions(source)
        if body_lines(function) > MAX_FUNCTION_LINES
    ]
    assert files + long == []


def test_only_the_outermost_handlers_catch_everything() -> None:
    broad = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        if source.name not in MAY_CATCH_EVERYTHING
        for node in ast.walk(source.tree)
        if catches_everything(node)
    ]
    assert broad == []


def loaded_by(module: str) -> set[str]:
    program = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "openhitl",
        "openhitl.agent",
        "openhitl.agent.inline",
        "openhitl.agent.receiving",
        "openhitl.agent.transports.httpx2",
        "openhitl.client.session",
    ],
)
def test_asking_a_human_loads_no_server(module: str) -> None:
    assert loaded_by(module) & (SERVER_SIDE | OTHERS_CLIENTS) == set()


def test_a_server_starts_without_what_only_mcp_needs() -> None:
    assert loaded_by("openhitl.server.app") & {"mcp", "textual"} == set()


def test_finding_a_credential_takes_the_standard_library_alone() -> None:
    program = "from openhitl.client.config import load_config; import sys; load_config(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) & (SERVER_SIDE | OTHERS_CLIENTS | {"httpx2", "keyring"}) == set()


@pytest.mark.parametrize("client", ["httpx", "requests"])
def test_a_transport_loads_its_own_client_alone(client: str) -> None:
    loaded = loaded_by(f"openhitl.agent.transports.{client}")
    assert loaded & SERVER_SIDE == set()
    assert client in loaded
    assert loaded & ({"httpx", "requests"} - {client}) == set()
