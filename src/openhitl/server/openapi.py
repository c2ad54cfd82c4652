"""The OpenAPI document, made from the table of routes."""

from __future__ import annotations

from typing import Any

from openhitl import __version__
from openhitl.notices import MAX_MESSAGE_CHARACTERS, NoticeKind
from openhitl.protocol.case import ACTIONS, SEALED_TYPE, Assurance, DefaultAction, Status
from openhitl.protocol.creation import MAX_ASSIGNEES
from openhitl.protocol.durations import DEFAULT_TIMEOUT
from openhitl.protocol.evidence import MAX_EVIDENCE
from openhitl.protocol.oauth_documents import ROOT
from openhitl.review.router import Route
from openhitl.server.device_bodies import DEVICE_JSON
from openhitl.server.oauth_bodies import OAUTH_FORMS, OAUTH_JSON, OAUTH_QUERY
from openhitl.server.table import DOCUMENTED

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"

_TEXT = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_OBJECTS: dict[str, Any] = {_JSON: {"schema": _OBJECT}}
_STREAM: dict[str, Any] = {"text/event-stream": {"schema": _TEXT}}
#: What is answered in front of the table of routes.
POLL_ROUTES: tuple[tuple[str, str, dict[str, Any], tuple[int, ...], str], ...] = (
    (
        "/api/reviews/{case_id}/status",
        "Poll the status of a case",
        _OBJECTS,
        (200, 304, 401, 403, 404, 405, 429, 503),
        "key",
    ),
    (
        "/api/reviews/{case_id}/events",
        "Follow a case as Server-Sent Events",
        _STREAM,
        (200, 204, 401, 403, 404, 405, 503),
        "key",
    ),
    (
        "/api/v1/inbox/events",
        "Follow the cases that you may answer, and new notices, as Server-Sent Events",
        _STREAM,
        (200, 401, 405, 503),
        "person",
    ),
)

_CREATE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "prompt"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "description": f"{', '.join(ACTIONS)}, or x-…"},
        "prompt": {"type": "string", "minLength": 1, "maxLength": 500},
        "message": _TEXT,
        "context": _OBJECT,
        "timeout": {"type": "string", "default": DEFAULT_TIMEOUT},
        "default_action": {"enum": [str(action) for action in DefaultAction]},
        "reminder_at": {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]},
        "previous_case_id": _TEXT,
        "inline_actions": {"type": "array", "items": _TEXT},
        "metadata": _OBJECT,
        "hitl_callback_url": {"type": "string", "format": "uri"},
        "verification_policy": {"type": "object", "description": "HITL v0.8 §7.6"},
        "request_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "case_id": {
            "type": "string",
            "description": f"Of {SEALED_TYPE} alone, as /api/v1/recipients gave it",
        },
        "assurance": {"enum": [str(assurance) for assurance in Assurance]},
        "assignees": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MAX_ASSIGNEES},
    },
}
_NOTICE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": MAX_MESSAGE_CHARACTERS},
        "kind": {"enum": [str(kind) for kind in NoticeKind], "default": str(NoticeKind.INFO)},
        "envelope": {"type": "object", "description": "In place of both; with the case_id of its head"},
        "case_id": _TEXT,
    },
}
_SEALED: dict[str, Any] = {
    "type": "object",
    "required": ["encrypted_payload"],
    "properties": {"encrypted_payload": {"type": "string", "description": "base64 of a nonce and a box"}},
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["action"],
    "properties": {
        "action": _TEXT,
        "data": _OBJECT,
        "submission_id": _TEXT,
        "submitted_via": _TEXT,
        "submitted_by": _OBJECT,
        "verification_evidence": {"type": "array", "items": _OBJECT, "maxItems": MAX_EVIDENCE},
    },
}
_REGISTRATION: dict[str, Any] = {
    "type": "object",
    "required": ["credential"],
    "properties": {"credential": _OBJECT},
}
_DRAFT: dict[str, Any] = {
    "type": "object",
    "required": ["values"],
    "properties": {"values": _OBJECT, "version": {"type": "integer"}, "step": {"type": "integer"}},
}
_SESSION: dict[str, Any] = {
    "type": "object",
    "required": ["link_token"],
    "properties": {"link_token": _TEXT, "device": _TEXT},
}
_REASON: dict[str, Any] = {"type": "object", "properties": {"reason": _TEXT}}
_UNTIL: dict[str, Any] = {
    "type": "object",
    "required": ["until"],
    "properties": {"until": {"type": "string", "description": "The id of the newest that was read."}},
}
_BODIES: dict[tuple[str, str], tuple[dict[str, Any], bool]] = {
    ("POST", "/api/v1/reviews"): (_CREATE, False),
    ("POST", "/api/v1/reviews/{case_id}/cancel"): (_REASON, False),
    ("POST", "/api/v1/notices"): (_NOTICE, False),
    **{("POST", f"/api/v1/hitl/{what}/e2ee"): (_SEALED, False) for what in ("request", "complete", "notify")},
    ("POST", "/reviews/{case_id}/respond"): (_ANSWER, True),
    ("POST", "/api/v1/inbox/{case_id}/respond"): (_ANSWER, False),
    ("POST", "/api/v1/inbox/notices/read"): (_UNTIL, False),
    ("POST", "/reviews/{case_id}/challenge"): (_ANSWER, True),
    ("POST", "/passkey"): (_REGISTRATION, False),
    ("POST", "/api/v1/sessions"): (_SESSION, False),
    ("POST", "/reviews/{case_id}/cancel"): (_REASON, True),
    ("POST", "/reviews/{case_id}/draft"): (_DRAFT, True),
    ("PUT", "/reviews/{case_id}/draft"): (_DRAFT, True),
    **{("POST", path): (schema, False) for path, schema in {**OAUTH_JSON, **DEVICE_JSON}.items()},
}
_PAGED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("cursor", _TEXT),
    ("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
)
_QUERIES: dict[tuple[str, str], tuple[tuple[str, dict[str, Any]], ...]] = {
    ("POST", "/api/demo"): (("type", {"enum": list(ACTIONS), "default": "selection"}),),
    ("GET", "/api/v1/reviews"): (
        ("status", {"enum": [str(status) for status in Status]}),
        ("type", _TEXT),
        ("since", _TEXT),
        *_PAGED,
    ),
    ("GET", "/api/v1/inbox"): (("status", {"enum": ["open", "ended"]}), ("since", _TEXT), *_PAGED),
    ("GET", "/api/v1/inbox/notices"): _PAGED,
    ("GET", "/api/v1/notices"): _PAGED,
    ("GET", "/api/v1/recipients"): (("assignee", _TEXT),),
    ("GET", "/api/v1/handed-keys"): (("device", _TEXT), *_PAGED),
    ("GET", "/api/v1/handed-keys/{case_id}"): (("device", _TEXT),),
    ("GET", f"{ROOT}/authorize"): tuple((name, _TEXT) for name in OAUTH_QUERY),
    ("GET", "/device"): (("user_code", _TEXT),),
}
#: Answered with an array; every other success that has a body is a page or a JSON object.
_LISTS = frozenset({("GET", "/api/v1/agents"), ("GET", "/api/v1/keys/user")})
_ARRAYS: dict[str, Any] = {_JSON: {"schema": {"type": "array", "items": _OBJECT}}}
_HTML: dict[str, Any] = {"text/html": {"schema": _TEXT}}
_ERROR: dict[str, Any] = {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
#: Forms that are answered with a page.
_FORM_PAGES = frozenset({("POST", f"{ROOT}/authorize"), ("POST", "/device")})
_SUCCESS = {202: "A human is asked", 204: "Done", 303: "To the page", 304: "Unchanged"}
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "key": [{"key": []}],
    "person": [{"person": []}],
    "owner": [{"person": []}],
    "key or person": [{"key": []}, {"person": []}],
    "client": [{"client": []}, {}],
}
_BODILESS = frozenset({204, 303, 304})


def openapi_document(base_url: str) -> dict[str, Any]:
    """Describe the protocol door as OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in DOCUMENTED:
        paths.setdefault(route.pattern, {})[route.method.lower()] = _operation(route)
    for pattern, summary, media, codes, credential in POLL_ROUTES:
        of_case = [_path("case_id"), _query("token", _TEXT)] if "{case_id}" in pattern else []
        paths[pattern] = {
            "get": {
                "summary": summary,
                "parameters": of_case,
                "security": [{credential: []}, {}] if of_case else [{credential: []}],
                "responses": {str(code): _response(code, success=media) for code in codes},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenHITL", "version": __version__},
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "person": {"type": "http", "scheme": "bearer", "description": "Or a browser's session"},
                "client": {"type": "http", "scheme": "basic", "description": "Or client_id in the form"},
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error", "message"],
                    "properties": {"error": _TEXT, "message": _TEXT, "hint": _TEXT},
                }
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    place = (route.method, route.pattern)
    names = [part[1:-1] for part in route.pattern.split("/") if part.startswith("{")]
    parameters = [_path(name) for name in names]
    if route.credential.startswith("review") or route.credential == "link":
        parameters.append(_query("token", _TEXT))
    parameters.extend(_query(name, schema) for name, schema in _QUERIES.get(place, ()))
    is_page = (route.html and route.method == "GET") or place in _FORM_PAGES
    success = _HTML if is_page else _ARRAYS if place in _LISTS else _OBJECTS
    operation: dict[str, Any] = {
        "summary": route.summary,
        "parameters": parameters,
        "security": _SECURITY.get(route.credential, [{}]),
        "responses": {
            str(code): _response(
                code,
                success=success,
                failure={**_ERROR, **_HTML} if route.html else _ERROR,
            )
            for code in route.codes
        },
    }
    if place in _BODIES:
        schema, also_form = _BODIES[place]
        content: dict[str, Any] = {_JSON: {"schema": schema}}
        if also_form:
            content[_FORM] = {"schema": _OBJECT}
        operation["requestBody"] = {"content": content}
    elif route.method == "POST" and route.pattern in OAUTH_FORMS:
        operation["requestBody"] = {"content": {_FORM: {"schema": OAUTH_FORMS[route.pattern]}}}
    return operation


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _response(code: int, *, success: dict[str, Any], failure: dict[str, Any] = _ERROR) -> dict[str, Any]:
    if code >= 400:
        return {"description": "Refused; `error` is a stable code", "content": failure}
    described: dict[str, Any] = {"description": _SUCCESS.get(code, "Done")}
    if code not in _BODILESS:
        described["content"] = success
    return described
