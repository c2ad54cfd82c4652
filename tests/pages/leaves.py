"""Every value of a context, and whether a page shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from openhitl.protocol.tree import humanise
from openhitl.protocol.visible import visible

#: Flags whose truth the page says in a sentence of its own, and that say nothing when false.
SENTENCES = {
    "irreversible": "Cannot be undone.",
    "partial": "Untick what should not happen.",
}


class _Text(HTMLParser):
    """Collects what a person can read: text and what controls hold; scripts and hidden fields are not."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("title", "style", "script"):
            self._skipped += 1
        if tag in ("p", "div", "li", "dt", "dd", "br", "td", "th", "h1", "h2", "h3", "option", "summary"):
            self.parts.append(" ")
        if tag == "input" and given.get("type") in ("text", "email", "url", "date", "search"):
            self.parts.append(f" {given.get('value') or ''} {given.get('placeholder') or ''} ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "style", "script"):
            self._skipped -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.parts.append(data)


def page_text(html: str) -> str:
    """Return the readable text of a page with its white space collapsed."""
    parser = _Text()
    parser.feed(html)
    return _collapsed("".join(parser.parts))


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """List every leaf of a JSON value with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{index}]")
    else:
        yield path, value


def missing_leaves(context: dict[str, Any], html: str) -> list[str]:
    """List the leaves that cannot be read on a page."""
    text = page_text(html)
    return [f"{path} = {value!r}" for path, value in leaves(context) if not _is_shown(path, value, text)]


def _is_shown(path: str, value: Any, text: str) -> bool:
    key = re.sub(r"(\[\d+\])+$", "", path).rpartition(".")[2]
    if f'"{key}": {json.dumps(value, ensure_ascii=False)}' in text:  # JSON shown as its source
        return True
    if isinstance(value, bool):
        return _is_flag_shown(key, value, text)
    if value is None:
        return "none" in text
    if value == "":
        return humanise(key) in text
    if "risk" in path and (key == "level" or "." not in path):
        return str(value).lower() in text.lower()  # "Medium risk"
    if isinstance(value, str):
        return _is_text_shown(value, text)
    if path == "min" and value == 0:
        return "None of these" in text
    return re.search(rf"(?<![\d.]){re.escape(json.dumps(value))}(?![\d]|\.\d)", text) is not None


def _is_flag_shown(key: str, value: bool, text: str) -> bool:
    if key in SENTENCES:
        return (SENTENCES[key] in text) is value
    said = "Yes" if value else "No"
    return re.search(rf"{re.escape(humanise(key))}:? (?:Yes )?{said}\b", text) is not None


def _is_text_shown(value: str, text: str) -> bool:
    """Find a text as a whole, or line by line without the signs that a diff draws beside its lines."""
    lines = visible(value.replace("\r\n", "\n")).splitlines()
    whole = _collapsed(" ".join(lines)) in text
    return whole or all(_collapsed(line.lstrip("+- ")) in text for line in lines)
