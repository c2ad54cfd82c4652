"""A question from the command line's options."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from typer.exceptions import TyperException

from openhitl.cli.exits import Exit
from openhitl.errors import InvalidRequest
from openhitl.protocol import questions
from openhitl.protocol.case import Json


class UsageMistake(TyperException):
    """The options contradict each other or name something that is not there."""

    exit_code = Exit.USAGE


class ReviewType(StrEnum):
    """The five standard types. HITL v0.8 §10."""

    APPROVAL = "approval"
    SELECTION = "selection"
    INPUT = "input"
    CONFIRMATION = "confirmation"
    ESCALATION = "escalation"


def question_from(
    review_type: ReviewType | None, choices: Sequence[str], placeholder: str | None, *, context: Json
) -> Json:
    """Build the question that the options mean.

    Choices make a selection of one. A form in the context makes an input, and so does nothing at
    all: a text field. Raises: UsageMistake for options that contradict each other.
    """
    if choices:
        if review_type not in (None, ReviewType.SELECTION):
            raise UsageMistake("--choice makes a selection; it does not go with another --type.")
        try:
            return questions.selection(choices, minimum=1, maximum=1)
        except InvalidRequest as error:
            raise UsageMistake(error.message) from error
    if review_type in (None, ReviewType.INPUT):
        if "form" in context:
            return {"type": "input", "context": {}}
        return questions.text_input(placeholder)
    if placeholder:
        raise UsageMistake("--placeholder-text goes with a question that is answered in words.")
    return {"type": str(review_type), "context": {}}


def read_context(source: str | None) -> dict[str, Any]:
    """Read the JSON object of `--context`: a file's name, or `-` for standard input.

    Raises: UsageMistake if it cannot be read or is not a JSON object.
    """
    if source is None:
        return {}
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        context = json.loads(text)
    except OSError as error:
        raise UsageMistake(f"--context: {source}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageMistake(f"--context is not JSON: {error}") from error
    if not isinstance(context, dict):
        raise UsageMistake("--context must be a JSON object.")
    return context


def one_of(given: str | None, named: str | None, what: str) -> str:
    """Return what was given as an argument or, as the older program wanted it, as an option.

    Raises: UsageMistake unless it is given once.
    """
    if (given is None) == (named is None):
        raise UsageMistake(f"Give {what}, once.")
    return str(given if named is None else named)
