"""The discovery document: what this server can do, and nothing that it cannot yet."""

from __future__ import annotations

from typing import Any

from openhitl.protocol.case import ACTIONS, SPEC_VERSION
from openhitl.protocol.durations import DEFAULT_TIMEOUT, MAX_TIMEOUT
from openhitl.review.door import Door
from openhitl.review.http import RETRY_AFTER_SECONDS, Request, Response, json_response


async def discover(door: Door, request: Request) -> Response:
    """Serve /.well-known/hitl.json."""
    return json_response(200, document(door), [("access-control-allow-origin", "*")])


async def jwks(door: Door, request: Request) -> Response:
    """Serve /.well-known/jwks.json: the public keys of receipts. HITL v0.8 §13.4; RFC 7517."""
    return json_response(200, await door.book.jwks(), [("access-control-allow-origin", "*")])


def document(door: Door) -> dict[str, Any]:
    """Describe the service. HITL v0.8 discovery schema."""
    base = door.settings.public_url
    limits: dict[str, Any] = {
        "poll_min_interval_seconds": 1,
        "poll_recommended_interval_seconds": RETRY_AFTER_SECONDS,
    }
    if door.settings.poll_rate:
        limits["max_requests_per_minute"] = door.settings.poll_rate
    described: dict[str, Any] = {
        "spec_version": SPEC_VERSION,
        "service": {"name": "OpenHITL", "url": base},
        "capabilities": {
            "review_types": list(ACTIONS),
            "transports": ["polling", "sse", "callback"],
            "max_timeout": f"{MAX_TIMEOUT.days}d",
            "default_timeout": DEFAULT_TIMEOUT,
            "supports_reminders": True,
            "supports_multi_round": True,
            "supports_signatures": True,
            "supports_inline_submit": True,
        },
        "endpoints": {
            "reviews_base": f"{base}/api/v1/reviews",
            "review_page_base": f"{base}/review",
            "events_base": f"{base}/api/reviews",
            "well_known": f"{base}/.well-known/hitl.json",
        },
        "authentication": {"type": "bearer"},
        "rate_limits": limits,
        "examples": {"openapi": f"{base}/openapi.json"},
    }
    if door.settings.retention_days:
        described["policies"] = {
            "data_retention_days": door.settings.retention_days,
            "expired_case_retention_days": door.settings.retention_days,
        }
    return {"hitl_protocol": described}
