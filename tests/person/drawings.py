"""Cases drawn as text, and whether every value of theirs can be read there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openhitl.person.asked import Asked, read_asked
from openhitl.person.drawing.case import draw
from openhitl.person.drawing.lines import plain
from openhitl.protocol.tree import humanise
from openhitl.protocol.visible import visible
from tests.pages.leaves import leaves

NOW = datetime(2026, 2, 20, 16, 0, tzinfo=UTC)
VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "cases").glob("*.json"))
#: Wide enough that no word is broken.
UNBROKEN = 5000
#: Flags that are said in words of their own, when they are true and when they are not.
SENTENCES = {
    "irreversible": ("Cannot be undone.", ""),
    "partial": ("Any part of these can be confirmed", "All of these together"),
    "required": ("(required)", "(optional)"),
    "sensitive": ("Secret", ""),
}
OPERATORS = {"eq": "is", "neq": "is not", "in": "is one of", "gt": "is more than", "lt": "is less than"}


def asked(body: Mapping[str, Any], **fields: Any) -> Asked:
    """Make a case as a server tells it, of a create body."""
    view = {
        "case_id": "review_01jabcdefghjkmnpqrst7f3k",
        "agent": "DeployPipe",
        "status": "pending",
        "created_at": "2026-02-20T15:00:00Z",
        "expires_at": "2026-02-20T19:30:00Z",
        "assurance": "signed_in",
        **body,
        **fields,
    }
    return read_asked(view)


def drawn(one: Asked, width: int = UNBROKEN, before: Asked | None = None) -> str:
    """Draw a case without colours."""
    return "\n".join(map(plain, draw(one, now=NOW, width=width, before=before)))


def missing(context: Mapping[str, Any], text: str) -> list[str]:
    """List the values of a context that cannot be read in a drawing."""
    flat = _collapsed(re.sub(r"^│", " ", text, flags=re.MULTILINE))
    return [
        f"{path} = {value!r}" for path, value in leaves(dict(context)) if not _is_shown(path, value, flat)
    ]


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _is_shown(path: str, value: Any, text: str) -> bool:
    key = re.sub(r"(\[\d+\])+$", "", path).rpartition(".")[2]
    if f'"{key}": {json.dumps(value, ensure_ascii=False)}' in text:  # JSON shown as its source
        return True
    if key in SENTENCES and isinstance(value, bool):
        return SENTENCES[key][not value] in text
    if value is None or isinstance(value, bool):
        said = {None: "none", True: "Yes", False: "No"}[value]
        if path.endswith(".conditional.value"):
            return any(f"{operator} {said}" in text for operator in OPERATORS.values())
        return re.search(rf"(?:{re.escape(humanise(key))}|- )\s*{said}\b", text) is not None
    if value == "" or value == []:
        return humanise(key) in text
    if path.startswith("risk") and (key == "level" or "." not in path):
        return str(value).lower() in text.lower()
    if key == "operator" and value in OPERATORS:
        return OPERATORS[value] in text
    if isinstance(value, str):
        return all(
            _collapsed(line.lstrip("+- ")) in text
            for line in visible(value.replace("\r\n", "\n")).split("\n")
        )
    return re.search(rf"(?<![\d.]){re.escape(str(value))}(?![\d]|\.\d)", text) is not None
