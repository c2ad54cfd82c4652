"""Hitl objects for tests of the buttons."""

from __future__ import annotations

from typing import Any

from openhitl.protocol.incoming import HitlObject, parse_accepted

SUBMIT_TOKEN = "hitls_" + "Zx9" * 14 + "Q"
SUBMIT_URL = "https://api.shop.example/reviews/review_1/respond"
REVIEW_URL = "https://shop.example/review/review_1?token=hitlr_" + "a" * 43
REFERENCE = "AbCdEfGhIjKlMnOpQrStUv"


def ask(review_type: str = "confirmation", **changes: Any) -> HitlObject:
    """Read a hitl object of a service that takes inline submits; None leaves a member out."""
    hitl = {
        "spec_version": "0.8",
        "case_id": "review_1",
        "review_url": REVIEW_URL,
        "poll_url": "https://api.shop.example/reviews/review_1/status",
        "type": review_type,
        "prompt": "Delete the staging database?",
        "created_at": "2036-02-19T10:00:00Z",
        "expires_at": "2036-02-20T10:00:00Z",
        "submit_url": SUBMIT_URL,
        "submit_token": SUBMIT_TOKEN,
    }
    merged = {name: value for name, value in {**hitl, **changes}.items() if value is not None}
    body = {"status": "human_input_required", "message": changes.get("message", ""), "hitl": merged}
    found = parse_accepted(202, body)
    assert found is not None
    return found
