"""The five sample cases of `/api/demo`, one of each type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SELECTION: dict[str, Any] = {
    "type": "selection",
    "prompt": "Which of these positions should I apply for?",
    "message": "3 matching positions found. Please choose.",
    "timeout": "24h",
    "default_action": "skip",
    "context": {
        "search": "Senior frontend, Berlin or remote",
        "min": 1,
        "max": 3,
        "items": [
            {
                "id": "job_001",
                "title": "Senior Frontend Engineer",
                "description": "Product team, TypeScript, hybrid in Berlin.",
                "metadata": {"salary": "85,000 – 105,000 EUR", "start": "1 March"},
            },
            {
                "id": "job_002",
                "title": "Staff Web Engineer",
                "description": "Design system and performance, fully remote.",
                "metadata": {"salary": "95,000 – 120,000 EUR", "start": "as soon as possible"},
            },
            {
                "id": "job_003",
                "title": "Frontend Lead",
                "description": "Lead a team of five, Berlin, on site two days a week.",
                "metadata": {"salary": "100,000 – 125,000 EUR", "start": "1 April"},
            },
        ],
    },
}

_APPROVAL: dict[str, Any] = {
    "type": "approval",
    "prompt": "Deploy web-shop v2.1.0 to production?",
    "message": "A deployment waits for your approval.",
    "timeout": "4h",
    "default_action": "reject",
    "inline_actions": ["approve", "reject"],
    "context": {
        "risk": {
            "level": "medium",
            "reasons": ["Includes a database migration.", "Rolling back takes under 3 minutes."],
        },
        "consequences": {
            "approve": "The rollout starts at once, 20 % of the traffic first.",
            "deny": "v2.0.3 stays in production.",
            "expire": "v2.0.3 stays in production.",
        },
        "facts": {
            "Environment": "production",
            "Version": "2.0.3 → 2.1.0",
            "Tests": "1,092 passed, 0 failed",
        },
        "diff": " replicas: 20\n"
        "-image: web-shop:2.0.3\n"
        "+image: web-shop:2.1.0\n"
        "+migrate: 0042_add_workflow\n",
        "artifact": {
            "title": "Release notes",
            "format": "markdown",
            "content": "## v2.1.0\n\n- Checkout remembers the delivery address\n"
            "- Search is **twice as fast**\n"
            "- Fixes three bugs in the basket\n",
        },
    },
}

_INPUT: dict[str, Any] = {
    "type": "input",
    "prompt": "Some details for your application are missing",
    "message": "I need a few details that I cannot know.",
    "timeout": "3d",
    "default_action": "skip",
    "context": {
        "position": "Senior Frontend Engineer",
        "form": {
            "fields": [
                {
                    "key": "salary_expectation",
                    "label": "Salary expectation (EUR a year, gross)",
                    "type": "number",
                    "required": True,
                    "sensitive": True,
                    "placeholder": "95000",
                    "hint": "The range in the posting is 85,000 to 105,000 EUR.",
                    "validation": {"min": 0, "max": 1000000},
                },
                {"key": "start_date", "label": "Earliest start", "type": "date", "required": True},
                {
                    "key": "work_authorization",
                    "label": "Work authorization in Germany",
                    "type": "select",
                    "required": True,
                    "options": [
                        {"value": "citizen", "label": "EU citizen"},
                        {"value": "blue_card", "label": "EU Blue Card"},
                        {"value": "needs_sponsorship", "label": "I need a visa"},
                    ],
                },
                {
                    "key": "notes",
                    "label": "Anything else",
                    "type": "textarea",
                    "validation": {"maxLength": 1000},
                },
            ]
        },
    },
}

_CONFIRMATION: dict[str, Any] = {
    "type": "confirmation",
    "prompt": "Send 2 application e-mails?",
    "message": "Two e-mails are ready to be sent.",
    "timeout": "12h",
    "default_action": "abort",
    "inline_actions": ["confirm", "cancel"],
    "context": {
        "irreversible": True,
        "consequences": {"deny": "Nothing is sent.", "expire": "Nothing is sent."},
        "items": [
            {
                "id": "email_001",
                "title": "Senior Frontend Engineer",
                "metadata": {"to": "jobs@shop.example", "subject": "Application: Senior Frontend Engineer"},
            },
            {
                "id": "email_002",
                "title": "Staff Web Engineer",
                "metadata": {"to": "people@design.example", "subject": "Application: Staff Web Engineer"},
            },
        ],
    },
}

_ESCALATION: dict[str, Any] = {
    "type": "escalation",
    "prompt": "The deployment of web-shop v2.1.0 failed. How shall I go on?",
    "message": "A deployment failed and was rolled back.",
    "timeout": "1h",
    "default_action": "abort",
    "inline_actions": ["retry", "skip", "abort"],
    "context": {
        "error": {
            "title": "Readiness probe timed out",
            "summary": "8 of 12 new pods were not ready within 120 s.",
            "probable_cause": "The migration takes longer on production data.",
            "details": "pod web-shop-7d9f: readiness probe failed: HTTP 503\n"
            "pod web-shop-7d9f: migration 0042 running (61 %)",
        },
        "already_done": "Rolled back to v2.0.3 automatically.",
        "params": {"strategy": "rolling", "timeout": 120},
        "retry_options": {
            "strategies": ["rolling", "canary"],
            "timeout_range": {"min": 120, "max": 600, "unit": "seconds"},
        },
    },
}

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "selection": _SELECTION,
    "approval": _APPROVAL,
    "input": _INPUT,
    "confirmation": _CONFIRMATION,
    "escalation": _ESCALATION,
}
