"""How cases are made: a request to send, with a body of our own where its address names no type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT = "POST /api/demo?type={type}"
TYPES = ("confirmation", "approval", "escalation", "selection", "input")
OPEN_FOR = "1h"
_TEMPLATE = re.compile(r"([A-Z]+) (\S+)(?: (.*))?", re.DOTALL)
_TYPE = "{type}"
_TIMEOUT = "{timeout}"

#: The questions that we ask of a service which takes its question from the body. HITL v0.8 §6, §10.
_QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "confirmation": {
        "prompt": "Conformance test: confirm anything?",
        "default_action": "abort",
        "inline_actions": ["confirm", "cancel"],
        "context": {"items": [{"id": "item_1", "title": "An item"}, {"id": "item_2", "title": "Another"}]},
    },
    "approval": {
        "prompt": "Conformance test: approve a text?",
        "default_action": "reject",
        "inline_actions": ["approve", "reject"],
        "context": {"artifact": {"title": "A text", "content": "Nothing hangs on this."}},
    },
    "escalation": {
        "prompt": "Conformance test: an error, how to go on?",
        "default_action": "abort",
        "inline_actions": ["skip", "abort"],
        "context": {"error": {"title": "An error", "summary": "Nothing has really happened."}},
    },
    "selection": {
        "prompt": "Conformance test: choose anything?",
        "default_action": "skip",
        "context": {"items": [{"id": "item_1", "title": "An item"}, {"id": "item_2", "title": "Another"}]},
    },
    "input": {
        "prompt": "Conformance test: fill in a form?",
        "default_action": "skip",
        "context": {
            "form": {
                "fields": [
                    {"key": "name", "label": "A name", "type": "text", "required": True},
                    {"key": "count", "label": "A number", "type": "number"},
                ]
            }
        },
    },
}


@dataclass(frozen=True, slots=True)
class Creation:
    """The request that makes a case.

    In `address` and `body`, `{type}` stands for the review type and `{timeout}` for how long the case
    stays open. A `body` of None is one of our own, unless the address already names the type.
    """

    method: str
    address: str
    body: str | None = None

    @property
    def brings_question(self) -> bool:
        """Whether the body is ours, so that a service's validation can be tried with it."""
        return self.body is None and _TYPE not in self.address

    @property
    def chooses_type(self) -> bool:
        """Whether a type can be asked for at all."""
        return self.brings_question or _TYPE in self.address + (self.body or "")

    @property
    def chooses_timeout(self) -> bool:
        """Whether a case can be made that expires soon."""
        return self.brings_question or _TIMEOUT in self.address + (self.body or "")

    def url(self, review_type: str, timeout: str) -> str:
        """Fill in the address."""
        return _filled(self.address, review_type, timeout)

    def content(self, review_type: str, timeout: str, more: Mapping[str, Any]) -> bytes | None:
        """Fill in the body; None to send none.

        Args:
            more: replaces fields of a question of ours; a value of None leaves the field out.
        """
        if self.body is not None:
            return _filled(self.body, review_type, timeout).encode()
        if not self.brings_question:
            return None
        question = _QUESTIONS.get(review_type, _QUESTIONS["input"])
        whole = {"type": review_type, "timeout": timeout, **question, **more}
        return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def parse_creation(text: str) -> Creation:
    """Read `METHOD PATH [BODY]`. Raises: ValueError."""
    match = _TEMPLATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not METHOD PATH [BODY]")
    return Creation(*match.groups())


def _filled(text: str, review_type: str, timeout: str) -> str:
    # Not str.format: a JSON body is full of braces.
    return text.replace(_TYPE, review_type).replace(_TIMEOUT, timeout)
