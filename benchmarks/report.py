"""The result as a table for people and as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.targets import Row

PACKAGES = ("openhitl", "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy")


def machine(disk: Path) -> dict[str, Any]:
    """Describe what the figures were taken on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "disk": _file_system(disk),
        "packages": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    """Name the type of the file system that holds a folder: the longest mount point above it wins."""
    best = ("", "unknown")
    path = f"{folder.resolve()}/"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, kind = line.split()[:3]
        if path.startswith(mount.rstrip("/") + "/") and len(mount) >= len(best[0]):
            best = (mount, kind)
    return best[1]


def table(rows: Iterable[Row]) -> str:
    """Lay the rows out as a Markdown table, aligned for terminals too."""
    cells = [("", "unit", "ours", "peer", "ratio", "goal", "")]
    for row in rows:
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        ratio = f"{row.ratio:.2f}"
        cells.append((row.name, row.unit, _figure(row.ours), _figure(row.peer), ratio, row.goal, verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = [_line(line, widths) for line in cells]
    rule = "|".join(["", *("-" * (width + 2) for width in widths), ""])
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if column in (2, 3, 4) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(padded) + " |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def write_json(path: Path, *, about: dict[str, Any], rows: Sequence[Row], rounds: dict[str, Any]) -> None:
    """Write everything that was measured, each round included."""
    lines = [{**asdict(row), "ratio": row.ratio} for row in rows]
    result = {"machine": about, "rows": lines, "rounds": rounds}
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
