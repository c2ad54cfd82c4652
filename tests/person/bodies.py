"""Cases to ask for, one of each type."""

from __future__ import annotations

from typing import Any

RISKY: dict[str, Any] = {"risk": {"level": "high", "reasons": ["Touches every customer."]}}
ITEMS = [{"id": "job_1", "title": "Staff engineer"}, {"id": "job_2", "title": "Team lead"}]
SELECTION: dict[str, Any] = {
    "type": "selection",
    "prompt": "Which jobs?",
    "context": {"items": ITEMS, "min": 1, "max": 2},
}
CONFIRMATION: dict[str, Any] = {"type": "confirmation", "prompt": "Send both?", "context": {"items": ITEMS}}
IRREVERSIBLE: dict[str, Any] = {**CONFIRMATION, "context": {"items": ITEMS, "irreversible": True}}
ESCALATION: dict[str, Any] = {
    "type": "escalation",
    "prompt": "The import failed",
    "context": {
        "error": {"title": "Timeout", "summary": "No answer."},
        "params": {"timeout": 60, "dry_run": False},
    },
}
CHOICES: dict[str, Any] = {
    "type": "input",
    "prompt": "Which shirt?",
    "context": {
        "form": {
            "fields": [
                {
                    "key": "size",
                    "label": "Size",
                    "type": "select",
                    "required": True,
                    "options": [{"value": "s", "label": "Small"}, {"value": "l", "label": "Large"}],
                },
                {
                    "key": "colours",
                    "label": "Colours",
                    "type": "multiselect",
                    "options": [{"value": "blue", "label": "1"}, {"value": "red", "label": "Red"}],
                },
            ]
        }
    },
}
FORM: dict[str, Any] = {
    "type": "input",
    "prompt": "Where and when?",
    "context": {
        "form": {
            "fields": [
                {"key": "city", "label": "City", "type": "text", "required": True},
                {"key": "nights", "label": "Nights", "type": "number", "validation": {"min": 1, "max": 9}},
                {"key": "late", "label": "Late arrival", "type": "boolean"},
            ]
        }
    },
}
