"""The discovery document: what this server can do, and nothing that it cannot yet."""

from __future__ import annotations

from typing import Any

from openhitl.protocol.case import ACTIONS, SPEC_VERSION
from openhitl.protocol.durations import DEFAULT_TIMEOUT, MAX_TIMEOUT
from openhitl.review.claims import Claims
from openhitl.review.door import Door
from openhitl.review.http import RETRY_AFTER_SECONDS, Request, Response, json_response
from openhitl.settings import Settings


async def discover(door: Door, request: Request) -> Response:
    """Serve /.well-known/hitl.json."""
    return json_response(200, document(door.settings, door.claims), [("access-control-allow-origin", "*")])


async def jwks(door: Door, request: Request) -> Response:
    """Serve /.well-known/jwks.json: the public keys of receipts. HITL v0.8 §13.4; RFC 7517."""
    return json_response(200, await door.book.jwks(), [("access-control-allow-origin", "*")])


def document(settings: Settings, claims: Claims) -> dict[str, Any]:
    """Describe the service. HITL v0.8 discovery schema."""
    base = settings.public_url
    limits: dict[str, Any] = {
        "poll_min_interval_seconds": 1,
        "poll_recommended_interval_seconds": RETRY_AFTER_SECONDS,
    }
    if settings.poll_rate:
        limits["max_requests_per_minute"] = settings.poll_rate
    described: dict[str, Any] = {
        "spec_version": SPEC_VERSION,
        "service": {"name": claims.name, "url": base},
        "capabilities": {
            "review_types": list(ACTIONS),
            "transports": ["polling", *(["sse"] if claims.streams else []), "callback"],
            "max_timeout": f"{MAX_TIMEOUT.days}d",
            "default_timeout": DEFAULT_TIMEOUT,
            "supports_reminders": True,
            "supports_multi_round": True,
            "supports_signatures": True,
            "supports_inline_submit": True,
        },
        "endpoints": _endpoints(base, claims),
        "rate_limits": limits,
    }
    if claims.open_door:
        described["authentication"] = {"type": "bearer"}
        described["examples"] = {"openapi": f"{base}/openapi.json"}
    if settings.retention_days:
        described["policies"] = {
            "data_retention_days": settings.retention_days,
            "expired_case_retention_days": settings.retention_days,
        }
    return {"hitl_protocol": described}


def _endpoints(base: str, claims: Claims) -> dict[str, str]:
    endpoints = {
        "reviews_base": f"{base}/api/v1/reviews" if claims.open_door else f"{base}/api/reviews",
        "review_page_base": f"{base}/review",
        "well_known": f"{base}/.well-known/hitl.json",
    }
    if claims.streams:
        endpoints["events_base"] = f"{base}/api/reviews"
    return endpoints
