"""Create bodies and answers that the door's tests share."""

from __future__ import annotations

from typing import Any

APPROVAL: dict[str, Any] = {
    "type": "approval",
    "prompt": "Publish the March newsletter?",
    "context": {"artifact": {"title": "Newsletter", "format": "text", "content": "Spring is here.\n"}},
}
SELECTION: dict[str, Any] = {
    "type": "selection",
    "prompt": "Which offers shall I order?",
    "context": {
        "min": 1,
        "max": 2,
        "items": [{"id": "a", "title": "Paper"}, {"id": "b", "title": "Ink"}, {"id": "c", "title": "Pens"}],
    },
}
INPUT: dict[str, Any] = {
    "type": "input",
    "prompt": "Where shall the parcel go?",
    "context": {
        "form": {
            "fields": [
                {"key": "street", "label": "Street", "type": "text", "required": True},
                {"key": "floor", "label": "Floor", "type": "number", "validation": {"min": 0, "max": 60}},
                {"key": "door_code", "label": "Door code", "type": "text", "sensitive": True},
            ]
        }
    },
}
CONFIRMATION: dict[str, Any] = {
    "type": "confirmation",
    "prompt": "Delete the staging database?",
    "context": {"irreversible": True, "items": [{"id": "db1", "title": "staging-eu"}]},
}
ESCALATION: dict[str, Any] = {
    "type": "escalation",
    "prompt": "The import failed. How shall I go on?",
    "context": {
        "error": {"title": "Timeout", "summary": "Row 4,211 took too long."},
        "params": {"batch": 500},
    },
}
CUSTOM: dict[str, Any] = {"type": "x-shop-comparison", "prompt": "Which looks better?"}

BY_TYPE = {body["type"]: body for body in (APPROVAL, SELECTION, INPUT, CONFIRMATION, ESCALATION, CUSTOM)}
#: A valid answer for each of them, with the result it leaves.
ANSWERS: dict[str, dict[str, Any]] = {
    "approval": {"action": "approve", "data": {"feedback": "Nice."}},
    "selection": {"action": "select", "data": {"selected": ["a", "c"]}},
    "input": {"action": "submit", "data": {"street": "1 Harbour Rd", "floor": 3, "door_code": "9876"}},
    "confirmation": {"action": "confirm", "data": {}},
    "escalation": {"action": "retry", "data": {"modified_params": {"batch": 100}}},
}
SUBMITTED: dict[str, Any] = {
    "submitted_via": "slack_block_action",
    "submitted_by": {"platform": "slack", "platform_user_id": "U1", "display_name": "Bob"},
}
