"""What buttons and outcomes say: always the verb, and its object where the prompt names one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from openhitl.protocol.case import SEALED_TYPE, Answer
from openhitl.protocol.visible import visible
from openhitl.words import Words

MAX_LABEL_CHARACTERS = 40
#: Where the object of "Approve <object> of …" ends.
_OBJECT_END = re.compile(
    r"\s+(?:of|to|for|from|in|on|with|by|at|and|as|into|via|using|before|after)\s|[:;,.?!()\[\]\n–—]"
)
_PLAIN = re.compile(r"[\w '’&+/-]+\Z")


def with_object(verb: str, prompt: str, words: Words) -> str | None:
    """Name what the prompt asks to `verb`: "Approve deployment" from "Approve deployment of x to y".

    Only for pages in English, whose prompts are taken to be so too, and only for plain words that
    fit on a button; None otherwise.
    """
    if words.language != "en" or not prompt.lower().startswith(verb.lower() + " "):
        return None
    rest = prompt[len(verb) :]
    end = _OBJECT_END.search(rest)
    label = f"{verb} {(rest[: end.start()] if end else rest).strip()}".strip()
    if label == verb or len(label) > MAX_LABEL_CHARACTERS or not _PLAIN.match(label):
        return None
    return label if visible(label) == label else None


def type_name(review_type: str, words: Words) -> str:
    """Name a review type; a custom one by its own identifier."""
    names = {
        "approval": words.gettext("Approval"),
        "selection": words.gettext("Selection"),
        "input": words.gettext("Input"),
        "confirmation": words.gettext("Confirmation"),
        "escalation": words.gettext("Escalation"),
        SEALED_TYPE: words.gettext("Encrypted"),
    }
    return names.get(review_type, review_type)


def edited_content(answer: Answer) -> Any:
    """Return the artifact as the person edited it in place, text or JSON; None if they did not.

    HITL v0.8 §10.1: other edits say what the agent shall change, as the example of §15.3 does.
    """
    edits = answer.data.get("edits")
    return edits.get("content") if answer.action == "edit" and isinstance(edits, Mapping) else None


def done_label(answer: Answer, words: Words) -> str:
    """Say in the past tense what an answer was."""
    return action_label("edited" if edited_content(answer) is not None else answer.action, words)


def action_label(action: str, words: Words) -> str:
    """Say in the past tense what an action was; `edited` is an edit in place."""
    labels = {
        "approve": words.gettext("Approved"),
        "edit": words.gettext("Changes requested"),
        "edited": words.gettext("Approved with edits"),
        "reject": words.gettext("Rejected"),
        "select": words.gettext("Choice made"),
        "submit": words.gettext("Answers sent"),
        "confirm": words.gettext("Confirmed"),
        "cancel": words.gettext("Not confirmed"),
        "retry": words.gettext("To be retried"),
        "skip": words.gettext("Skipped"),
        "abort": words.gettext("Aborted"),
    }
    return labels.get(action, action)
