"""Browsers that people are told in."""

from __future__ import annotations

from datetime import datetime

from openhitl.protocol.record import record


@record(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A browser that is told what happens. `device` is what it said of itself when somebody signed in."""

    subscription_id: int
    person_id: int
    session_id: int
    endpoint: str
    p256dh: str
    auth: str
    device: str
    created_at: datetime
    seen_at: datetime
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None
