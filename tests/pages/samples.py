"""Cases to draw: one of each type in ordinary words, and some that are hard to draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from openhitl.protocol.case import Answer, Content, DefaultAction, ReviewCase, Status
from openhitl.review.pages.view import PageView
from openhitl.store.records import StoredCase

NOW = datetime(2026, 2, 20, 16, 0, tzinfo=UTC)
TOKEN = "hitlr_" + "A" * 43
LETTER = """# Dear hiring team

I build **design systems** that survive their first reorganisation.

- Cut page load by 62 %
- Led a team of five

My work is at [this portfolio](https://portfolio.example/alice).

Kind regards
Alice
"""
LETTER_BEFORE = LETTER.replace("survive their first reorganisation", "scale").replace(
    "- Led a team of five\n", ""
)

APPROVAL: dict[str, Any] = {
    "facts": {
        "environment": "production",
        "version": "2.0.3 → 2.1.0",
        "tests": "1,092 passed · 0 failed · 4 skipped",
        "staging_errors": "0.02 % over 2 h 30 min",
    },
    "risk": {
        "level": "medium",
        "reasons": ["Includes a database migration. Rollback takes under 3 minutes."],
    },
    "diff": " replicas: 20\n-image: acme-web:2.0.3\n+image: acme-web:2.1.0\n+migrate: 0042_add_workflow",
    "changelog": ["Workflow engine", "3 bug fixes", "2 performance improvements"],
    "test_results": {
        "unit_tests": {"passed": 847, "failed": 0, "skipped": 3, "duration_seconds": 42},
        "end_to_end_tests": {"passed": 89, "failed": 0, "skipped": 1, "duration_seconds": 384},
    },
    "canary": True,
    "owner": None,
    "logs_url": "https://ci.example/runs/4711",
}
LETTER_CONTEXT: dict[str, Any] = {
    "artifact": {
        "title": "Cover letter",
        "format": "markdown",
        "content": LETTER,
        "metadata": {"words": 37, "tone": "friendly"},
    },
    "target_company": "Northwind",
    "target_role": "Frontend Engineer",
    "review_round": 2,
}
SELECTION: dict[str, Any] = {
    "items": [
        {
            "id": "job_001",
            "title": "Staff Frontend Developer",
            "description": "Own the design system of a bank that people like.",
            "metadata": {"company": "Northwind", "salary": "95–120k EUR", "remote": "2 days a week"},
        },
        {
            "id": "job_002",
            "title": "Senior React Engineer",
            "description": "Checkout team.",
            "metadata": {"company": "Contoso", "salary": "85–110k EUR", "remote": "fully"},
        },
        {
            "id": "job_003",
            "title": "Frontend Architect",
            "metadata": {"company": "Fabrikam", "salary": "100–130k EUR", "tags": ["TypeScript", "CSS"]},
        },
    ],
    "min": 0,
    "max": 2,
    "search": "Frontend, Berlin",
}
CONFIRMATION: dict[str, Any] = {
    "items": [
        {
            "id": "email_001",
            "label": "Northwind — Staff Frontend Developer",
            "to": "jobs@northwind.example",
            "subject": "Application: Staff Frontend Developer — Alice",
        },
        {
            "id": "email_002",
            "label": "Contoso — Senior React Engineer",
            "to": "careers@contoso.example",
            "subject": "Application: Senior React Engineer — Alice",
        },
        {
            "id": "email_003",
            "label": "Fabrikam — Frontend Architect",
            "to": "people@fabrikam.example",
            "subject": "Application: Frontend Architect — Alice",
        },
    ],
    "irreversible": True,
    "partial": True,
    "warning": "Emails go out from alice@example.com immediately.",
}
ESCALATION: dict[str, Any] = {
    "error": {
        "title": "Rolling update stalled at 60 %",
        "message": "8 of 12 new pods failed their readiness probe within 120 s.",
        "probable_cause": "The database migration is slower on production data.",
        "suggested_actions": ["Retry with one pod first", "Raise the probe's timeout to 300 s"],
        "details": {"log": "probe failed: connection refused\nprobe failed: connection refused"},
    },
    "params": {"strategy": "rolling", "timeout": 120, "dry_run": False},
    "retry_options": {
        "strategies": ["rolling", "canary", "blue_green"],
        "timeout_range": {"min": 120, "max": 600, "unit": "seconds"},
    },
    "environment": "production",
    "rollback_status": "automatic rollback completed",
}
#: Suggestions that fill in parameters, one that does not fit them, and one in words alone.
SUGGESTIONS: list[Any] = [
    {"label": "Retry with one pod first", "params": {"strategy": "canary", "timeout": 300}},
    {"title": "Try it dry", "params": {"dry_run": True}, "cost": "2 minutes"},
    {"label": "Give the probe an hour", "params": {"timeout": 3600}},
    "Abort and go back to v2.0.3",
]
FORM: dict[str, Any] = {
    "company": "Northwind",
    "form": {
        "fields": [
            {
                "key": "salary",
                "label": "Salary expectation (EUR a year)",
                "type": "number",
                "required": True,
                "hint": "The listed range is 95,000 to 120,000 EUR.",
                "validation": {"min": 20000, "max": 500000},
            },
            {"key": "start", "label": "Earliest start", "type": "date", "required": True},
            {
                "key": "permit",
                "label": "Work permit",
                "type": "select",
                "required": True,
                "options": [
                    {"value": "citizen", "label": "Citizen of the EU"},
                    {"value": "blue_card", "label": "EU Blue Card"},
                    {"value": "none", "label": "Needs sponsorship"},
                ],
            },
            {
                "key": "visa_since",
                "label": "Card held since",
                "type": "date",
                "conditional": {"field": "permit", "operator": "eq", "value": "blue_card"},
            },
            {"key": "relocate", "label": "Ready to move to Berlin", "type": "boolean"},
            {"key": "notes", "label": "Anything else", "type": "textarea", "validation": {"maxLength": 1000}},
        ]
    },
}
LONG_LIST: dict[str, Any] = {
    "key": "country",
    "label": "Country",
    "type": "select",
    "options": [{"value": f"c{number}", "label": f"Country {number}"} for number in range(1, 41)],
}
WIZARD: dict[str, Any] = {
    "platform": "FreelanceHub",
    "form": {
        "session_id": "form_sess_z1a2b3c4",
        "steps": [
            {
                "title": "Personal information",
                "description": "Contact and identity",
                "fields": [
                    {
                        "key": "full_name",
                        "label": "Full legal name",
                        "type": "text",
                        "required": True,
                        "default": "Alice Adams",
                        "validation": {"minLength": 2, "maxLength": 100},
                    },
                    {"key": "email", "label": "Email address", "type": "email", "required": True},
                    {"key": "site", "label": "Website", "type": "url"},
                    {
                        "key": "tax_id",
                        "label": "Tax number",
                        "type": "text",
                        "required": True,
                        "sensitive": True,
                        "hint": "Needed for invoices.",
                    },
                ],
            },
            {
                "title": "Work preferences",
                "fields": [
                    {
                        "key": "employment",
                        "label": "Employment type",
                        "type": "select",
                        "required": True,
                        "options": [
                            {"value": "fulltime", "label": "Full-time"},
                            {"value": "contract", "label": "Project-based contract"},
                        ],
                    },
                    {
                        "key": "annual_salary",
                        "label": "Annual salary (EUR)",
                        "type": "range",
                        "validation": {"min": 40000, "max": 200000},
                        "conditional": {"field": "employment", "operator": "eq", "value": "fulltime"},
                    },
                    {
                        "key": "hourly_rate",
                        "label": "Hourly rate (EUR)",
                        "type": "number",
                        "required": True,
                        "hint": "Not shown to other freelancers",
                        "validation": {"min": 20, "max": 500},
                        "conditional": {"field": "employment", "operator": "eq", "value": "contract"},
                    },
                    {
                        "key": "skills",
                        "label": "Primary skills",
                        "type": "multiselect",
                        "required": True,
                        "options": [
                            {"value": "frontend", "label": "Frontend"},
                            {"value": "backend", "label": "Backend"},
                            {"value": "mobile", "label": "Mobile"},
                            {"value": "devops", "label": "DevOps"},
                        ],
                    },
                ],
            },
            {"title": "Review and submit", "description": "Nothing is sent before you submit.", "fields": []},
        ],
    },
}
_SAMPLES: dict[str, tuple[str, str, str, DefaultAction, dict[str, Any]]] = {
    "approval": (
        "approval",
        "DeployPipe",
        "Approve deployment of acme-web v2.1.0 to production",
        DefaultAction.REJECT,
        APPROVAL,
    ),
    "letter": (
        "approval",
        "JobScout",
        "Review the cover letter for Northwind",
        DefaultAction.SKIP,
        LETTER_CONTEXT,
    ),
    "selection": ("selection", "JobScout", "Select which jobs to apply for", DefaultAction.SKIP, SELECTION),
    "confirmation": (
        "confirmation",
        "MailCraft",
        "Confirm sending 3 emails to employers",
        DefaultAction.ABORT,
        CONFIRMATION,
    ),
    "escalation": (
        "escalation",
        "DeployPipe",
        "Deployment failed: acme-web v2.1.0 stalled at 60 %. Retry, skip or abort?",
        DefaultAction.ABORT,
        ESCALATION,
    ),
    "form": ("input", "JobScout", "Tell us your terms for Northwind", DefaultAction.SKIP, FORM),
    "wizard": (
        "input",
        "FreelanceHub",
        "Complete your onboarding in 3 short steps",
        DefaultAction.SKIP,
        WIZARD,
    ),
}
NAMES = tuple(_SAMPLES)


def sample(name: str, *, case_id: str | None = None, **context: Any) -> StoredCase:
    """Make a pending case of a kind; keyword arguments add to or replace keys of its context."""
    review_type, agent, prompt, default, given = _SAMPLES[name]
    return made(
        review_type,
        prompt,
        {**given, **context},
        agent=agent,
        default=default,
        case_id=case_id or f"review_{name}_7f3k",
    )


def made(
    review_type: str,
    prompt: str,
    context: dict[str, Any],
    *,
    agent: str = "DeployPipe",
    default: DefaultAction = DefaultAction.SKIP,
    case_id: str = "review_sample_7f3k",
    message: str = "",
    expires_at: datetime = NOW + timedelta(hours=3),
) -> StoredCase:
    """Make a pending case that expires three hours from NOW unless told otherwise."""
    content = Content(
        type=review_type,
        prompt=prompt,
        message=message,
        context=context,
        timeout="4h",
        default_action=default,
        agent=agent,
    )
    case = ReviewCase(
        case_id=case_id,
        agent_id=1,
        type=review_type,
        status=Status.PENDING,
        created_at=NOW - timedelta(hours=1),
        expires_at=expires_at,
        default_action=default,
    )
    return StoredCase(case=case, content=content)


def answered(stored: StoredCase, action: str, data: dict[str, Any], **more: Any) -> StoredCase:
    """Answer a case on its page an hour before NOW."""
    given: dict[str, Any] = {"mode": "browser_submit", **more}
    answer = Answer(action=action, data=data, shown_digest="s", data_digest="d", **given)
    case = replace(stored.case, status=Status.COMPLETED, finished_at=NOW - timedelta(hours=1))
    return replace(stored, case=case, answer=answer)


def ended(
    stored: StoredCase, status: Status, *, reason: str | None = None, by: str | None = None
) -> StoredCase:
    """Expire or cancel a case."""
    case = replace(stored.case, status=status, finished_at=NOW, reason=reason, ended_by=by)
    return replace(stored, case=case)


def view(stored: StoredCase, **more: Any) -> PageView:
    """Look at a case at NOW."""
    return PageView(stored=stored, token=TOKEN, now=NOW, submission_id="sub_1", **more)
