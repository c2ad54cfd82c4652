"""The wire objects of HITL v0.8 as JSON Schemas, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.conformance.schema import Schema

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
URI: Schema = {"type": "string", "format": "uri"}
TEXTS: Schema = {"type": "array", "items": TEXT}
ANYTHING: Schema = {}
SAFE_ID: Schema = {"type": "string", "pattern": r"^[a-zA-Z0-9_-]+\Z"}
#: §13.3: https, or http on this machine for development.
ADDRESS: Schema = {
    "type": "string",
    "format": "uri",
    "pattern": r"^(https://[^/]|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/|\Z))",
}
LEVELS = ("low", "medium", "high")


def closed(required: tuple[str, ...] = (), /, **properties: Schema) -> dict[str, Any]:
    """Describe an object that has no other properties than these."""
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def listed(items: Schema, *, least: int = 0) -> dict[str, Any]:
    """Describe an array."""
    return {"type": "array", "items": items, "minItems": least}


def whole(least: int) -> dict[str, Any]:
    """Describe an integer."""
    return {"type": "integer", "minimum": least}


def one_of(*values: str) -> dict[str, Any]:
    """Describe a word of a closed list."""
    return {"type": "string", "enum": values}


def extensible(*values: str) -> dict[str, Any]:
    """Describe a word of a list that anybody extends with `x-`."""
    return {"type": "string", "anyOf": [{"enum": values}, {"pattern": "^x-"}]}


_CONDITION = closed(
    ("field", "operator", "value"),
    field=TEXT,
    operator=one_of("eq", "neq", "in", "gt", "lt"),
    value=ANYTHING,
)
_VALIDATION = closed(
    minLength=whole(0), maxLength=whole(0), pattern=TEXT, min={"type": "number"}, max={"type": "number"}
)
#: §10.3.1 "Field properties".
FIELD = closed(
    ("key", "label", "type"),
    key={"type": "string", "pattern": r"^[a-zA-Z][a-zA-Z0-9_]*\Z"},
    label={"type": "string", "maxLength": 200},
    type=TEXT,
    required=FLAG,
    placeholder=TEXT,
    hint=TEXT,
    default=ANYTHING,
    default_ref=URI,
    sensitive=FLAG,
    options=listed(closed(("value", "label"), value=TEXT, label=TEXT)),
    validation=_VALIDATION,
    conditional=_CONDITION,
)
_STEP = closed(("title", "fields"), title=TEXT, description=TEXT, fields=listed(FIELD))
#: §10.3.1, §10.3.2: fields or steps, never both.
FORM: Schema = {
    **closed(fields=listed(FIELD), steps=listed(_STEP), session_id=TEXT),
    "oneOf": [{"required": ("fields",)}, {"required": ("steps",)}],
}

_EVIDENCE = closed(
    ("proof_type",),
    proof_type=extensible("proof_of_human"),
    provider=TEXT,
    min_assurance=one_of(*LEVELS),
    presentation_formats=listed(extensible("provider_opaque", "jwt", "zkp", "attestation")),
)
_FALLBACK = one_of("browser_review", "reject")
#: §7.6 "Verification Policy".
VERIFICATION_POLICY = closed(
    ("mode", "required_for", "requirements", "binding", "fallback"),
    mode=one_of("optional", "required", "step_up"),
    required_for={**listed(one_of("inline_submit", "browser_submit"), least=1), "uniqueItems": True},
    requirements=closed(
        ("any_of",), any_of=listed(closed(("all_of",), all_of=listed(_EVIDENCE, least=1)), least=1)
    ),
    binding=closed(
        ("case_id", "action", "freshness_seconds", "single_use"),
        case_id=FLAG,
        action=FLAG,
        challenge=TEXT,
        freshness_seconds=whole(1),
        expires_at=INSTANT,
        single_use=FLAG,
    ),
    fallback=closed(("on_missing", "on_invalid"), on_missing=_FALLBACK, on_invalid=_FALLBACK),
)

#: §6 "HITL Object Fields".
HITL_OBJECT: Schema = {
    **closed(
        (
            "spec_version",
            "case_id",
            "review_url",
            "poll_url",
            "type",
            "prompt",
            "created_at",
            "expires_at",
        ),
        spec_version={"const": "0.8"},
        case_id=SAFE_ID,
        review_url=ADDRESS,
        poll_url=ADDRESS,
        callback_url={"anyOf": [ADDRESS, {"type": "null"}]},
        events_url=ADDRESS,
        type=extensible("approval", "selection", "input", "confirmation", "escalation"),
        prompt={"type": "string", "maxLength": 500},
        timeout=TEXT,
        default_action=one_of("skip", "approve", "reject", "abort"),
        created_at=INSTANT,
        expires_at=INSTANT,
        context={"type": "object", "properties": {"form": FORM}},
        reminder_at={"anyOf": [INSTANT, listed(INSTANT)]},
        previous_case_id=SAFE_ID,
        surface={"type": "object", "properties": {"format": TEXT, "version": TEXT}},
        submit_url=ADDRESS,
        # What can follow `Bearer` (RFC 6750 §2.1).
        submit_token={"type": "string", "minLength": 32, "pattern": r"^[a-zA-Z0-9._~+/-]+=*\Z"},
        inline_actions=TEXTS,
        verification_policy=VERIFICATION_POLICY,
    ),
    "dependentRequired": {"submit_url": ("submit_token",), "submit_token": ("submit_url",)},
}

#: §7.6 "Submission Context And Verification Result": no field may hold a proof.
VERIFICATION_RESULT = closed(
    ("satisfied",),
    satisfied=FLAG,
    verified_evidence=listed(
        closed(
            ("proof_type", "provider"),
            proof_type=TEXT,
            provider=TEXT,
            assurance_level=one_of(*LEVELS),
            bound_to_case=FLAG,
            bound_to_action=FLAG,
            fresh=FLAG,
            single_use_enforced=FLAG,
            verified_at=INSTANT,
        )
    ),
    missing_requirements=TEXTS,
)
_SUBMITTED_BY = closed(
    ("platform", "platform_user_id"), platform=TEXT, platform_user_id=TEXT, display_name=TEXT
)
_SUBMISSION_FIELDS: Mapping[str, Schema] = {
    "submitted_via": TEXT,
    "submitted_by": _SUBMITTED_BY,
    "verification_result": VERIFICATION_RESULT,
}
SUBMISSION_CONTEXT: Schema = {
    "type": "object",
    "anyOf": [
        closed(("mode",), mode={"const": "browser_submit"}, **_SUBMISSION_FIELDS),
        closed(
            ("mode", "submitted_via", "submitted_by"), mode={"const": "inline_submit"}, **_SUBMISSION_FIELDS
        ),
    ],
}
#: §8 `result`, §13.4 `result.signature`.
RESULT = closed(
    ("action", "data"),
    action=TEXT,
    data={"type": "object"},
    signature=closed(algorithm=TEXT, value=TEXT, signed_at=INSTANT, signer=URI),
)
#: §10.3.4.
PROGRESS = closed(
    current_step=whole(1), total_steps=whole(1), completed_fields=whole(0), total_fields=whole(0)
)
OPEN = ("pending", "opened", "in_progress")
FINAL = ("completed", "expired", "cancelled")
_POLL_PROPERTIES: Mapping[str, Schema] = {
    "status": one_of(*OPEN, *FINAL),
    "case_id": TEXT,
    "created_at": INSTANT,
    "opened_at": INSTANT,
    "expires_at": INSTANT,
    "completed_at": INSTANT,
    "expired_at": INSTANT,
    "cancelled_at": INSTANT,
    "result": RESULT,
    "responded_by": closed(name=TEXT, email={"type": "string", "format": "email"}),
    "submission_context": SUBMISSION_CONTEXT,
    "progress": PROGRESS,
    "reminder_sent_at": INSTANT,
    "next_case_id": SAFE_ID,
    "default_action": TEXT,
    "reason": TEXT,
}
#: §8 "Poll Field Definitions": what each status must bring with it.
_POLL_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "pending": ("created_at", "expires_at"),
    "opened": ("created_at", "opened_at", "expires_at"),
    "in_progress": ("created_at", "opened_at", "expires_at"),
    "completed": ("completed_at", "result"),
    "expired": ("expired_at", "default_action"),
    "cancelled": ("cancelled_at",),
}


def poll_body(status: object) -> Schema:
    """Describe the poll body of a case in this status."""
    required = _POLL_REQUIRED.get(status, ()) if isinstance(status, str) else ()
    return closed(("status", "case_id", *required), **_POLL_PROPERTIES)


#: §8.5 "Event Types": the data of each event; a service may add to it.
EVENTS: Mapping[str, Schema] = {
    f"review.{name}": {
        "type": "object",
        "required": ("case_id", *required),
        "properties": {"case_id": TEXT, **{one: _POLL_PROPERTIES[one] for one in required}},
    }
    for name, required in {
        "opened": ("opened_at",),
        "in_progress": ("opened_at",),
        "completed": ("completed_at", "result"),
        "expired": ("expired_at", "default_action"),
        "cancelled": ("cancelled_at",),
    }.items()
}
EVENTS = {
    **EVENTS,
    "review.reminder": {
        "type": "object",
        "required": ("case_id", "reminder_at", "message"),
        "properties": {"case_id": TEXT, "reminder_at": INSTANT, "message": TEXT},
    },
}

_CAPABILITIES = closed(
    review_types=TEXTS,
    transports=listed(one_of("polling", "sse", "callback")),
    max_timeout=TEXT,
    default_timeout=TEXT,
    supports_reminders=FLAG,
    supports_multi_round=FLAG,
    supports_signatures=FLAG,
    supports_inline_submit=FLAG,
    supports_agent_binding=FLAG,
    supports_surface=FLAG,
    surface_formats=TEXTS,
    surface_profiles=TEXTS,
)
#: Appendix D.
DISCOVERY = closed(
    ("hitl_protocol",),
    hitl_protocol=closed(
        ("spec_version",),
        spec_version={"const": "0.8"},
        service=closed(name=TEXT, description=TEXT, url=URI, logo_url=URI, contact=TEXT),
        capabilities=_CAPABILITIES,
        endpoints=closed(reviews_base=URI, review_page_base=URI, events_base=URI, well_known=URI),
        authentication=closed(
            type=TEXT, token_url=URI, scopes=TEXTS, profiles=TEXTS, well_known=URI, documentation=URI
        ),
        rate_limits=closed(
            poll_min_interval_seconds=whole(1),
            poll_recommended_interval_seconds=whole(1),
            max_active_cases_per_agent=whole(1),
            max_requests_per_minute=whole(1),
        ),
        policies=closed(
            data_retention_days=whole(0),
            expired_case_retention_days=whole(0),
            privacy_policy=URI,
            terms_of_service=URI,
        ),
        examples=closed(documentation=URI, openapi=URI),
    ),
)
#: §7.5 "Responses": every error body names a stable code and says a sentence.
ERROR: Schema = {
    "type": "object",
    "required": ("error", "message"),
    "properties": {
        "error": {"type": "string", "minLength": 1},
        "message": {"type": "string", "minLength": 1},
    },
}
