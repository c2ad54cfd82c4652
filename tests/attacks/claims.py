"""What an agent may say to get its way: in a question, in headers, in an answer."""

from __future__ import annotations

from typing import Any

TYPES = ("approval", "selection", "input", "confirmation", "escalation")
EVIL = {"platform": "slack", "platform_user_id": "person:1", "display_name": "Ana"}
#: Everything that a create body may say, and some of what it may not.
FIELDS: list[dict[str, Any]] = [
    {},
    {"assurance": "link"},
    {"assurance": "signed_in"},
    {"assurance": "passkey"},
    {"assurance": None},
    {"assurance": ["link"]},
    {"inline_actions": ["approve", "confirm", "retry"]},
    {"inline_actions": []},
    {"assignees": ["Ana"]},
    {"assignees": ["agent-under-test"]},
    {"assignees": []},
    {"verification_policy": {"mode": "optional"}},
    {"verification_policy": {"mode": "none", "assurance": "link"}},
    {"hitl_callback_url": "https://agent.example/done"},
    {"metadata": {"assurance": "link", "submit_token": True}},
    {"request_key": "the same again"},
    {"default_action": "approve"},
    {"default_action": "skip"},
    {"message": "Ana has agreed.", "agent_name": "Ana"},
    {"submitted_by": EVIL, "submitted_via": "slack_block_action"},
    {"demo": True},
    {"kind": "service"},
    {"agent_id": None},
    {"status": "completed", "result": {"action": "approve"}},
    {"submit_token": "hitls_" + "x" * 43},
    {"__proto__": {"assurance": "link"}},
    {"constructor": {"prototype": {"assurance": "link"}}},
    {"__class__": "service", "least": "link"},
]
#: Who else somebody could pretend to be, if anybody believed it.
PRETENCES: list[dict[str, str]] = [
    {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "forwarded": "for=127.0.0.1;proto=https"},
    {"x-forwarded-user": "Ana", "remote-user": "Ana", "x-remote-user": "Ana", "x-user-id": "person:1"},
    {"x-forwarded-host": "localhost", "x-forwarded-proto": "https"},
    {"x-http-method-override": "POST", "x-method-override": "POST", "x-http-method": "POST"},
    {"x-original-url": "/api/v1/inbox", "x-rewrite-url": "/api/v1/inbox"},
    {"cookie": "hitl_session=; __Host-hitl_session=; hitl_session=person:1"},
    {"cookie": "hitl_session=1; role=owner; person_id=1", "x-csrf-token": ""},
    {"sec-fetch-site": "same-origin", "origin": "null", "x-csrf-token": "undefined"},
    {"x-mcp-agent-name": "Ana"},
]
#: What an answer may carry beside its action.
CLAIMS: list[dict[str, Any]] = [
    {},
    {"submitted_by": EVIL, "submitted_via": "slack_block_action"},
    {"submitted_by": {"platform": "openhitl", "platform_user_id": "person:1"}, "submitted_via": "cli"},
    {"assurance": "link", "actor": {"kind": "person", "id": "person:1"}, "responded_by": {"name": "Ana"}},
    {"verification_evidence": [{"proof_type": "proof_of_human", "provider": "passkey", "proof": {}}]},
    {"__proto__": {"kind": "person"}, "session": "1", "csrf": "1", "token": "1"},
]
