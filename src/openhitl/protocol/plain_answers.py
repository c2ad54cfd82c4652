"""Answers in as few words as they have."""

from __future__ import annotations

import json
from collections.abc import Mapping

from openhitl.protocol.case import Json
from openhitl.protocol.outcomes import Decision
from openhitl.protocol.questions import ANSWER_KEY, MAX_ID_CHARACTERS


def plain_answer(review_type: str, context: Json, decision: Decision) -> str:
    """Say what a human answered to a case of this type and context.

    The choices of a selection, one a line: a plain choice as it was given, an item by its id. The
    words of a question with the one field `answer`; the action of an approval, confirmation or
    escalation; else the data as JSON.
    """
    match review_type:
        case "selection":
            return "\n".join(_chosen(context, one) for one in decision.data.get("selected", ()))
        case "approval" | "confirmation" | "escalation":
            return decision.action or ""
    if asks_for_text(context):
        return str(decision.data.get(ANSWER_KEY, ""))
    return json.dumps(decision.data, ensure_ascii=False)


def _chosen(context: Json, item_id: object) -> str:
    """Say a chosen item: its id, or the whole of a plain choice that was too long for an id."""
    if isinstance(item_id, str) and len(item_id) == MAX_ID_CHARACTERS:
        for item in context.get("items", ()):
            if item.get("id") == item_id and str(item.get("title")).startswith(item_id):
                return str(item["title"])
    return str(item_id)


def asks_for_text(context: Json) -> bool:
    """Tell whether the form is the one field of a free-text question."""
    form = context.get("form")
    fields = form.get("fields") if isinstance(form, Mapping) else None
    return (
        isinstance(fields, list)
        and len(fields) == 1
        and isinstance(fields[0], Mapping)
        and fields[0].get("key") == ANSWER_KEY
    )
