"""The present state of a case, told as the event that led to it. HITL v0.8 §8.5."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from openhitl.protocol.case import Answer, ReviewCase, Status
from openhitl.protocol.timestamps import timestamp


def state_data(case: ReviewCase, answer: Answer | None) -> dict[str, Any]:
    """Return the data of `review.<status>` for a case as it stands; never sensitive values."""
    data: dict[str, Any] = {"case_id": case.case_id}
    if case.status is Status.PENDING:
        data["created_at"] = timestamp(case.created_at)
        data["expires_at"] = timestamp(case.expires_at)
    if case.status in (Status.OPENED, Status.IN_PROGRESS) and case.opened_at:
        data["opened_at"] = timestamp(case.opened_at)
    if case.status is Status.IN_PROGRESS and case.progress:
        data["progress"] = asdict(case.progress)
    if case.finished_at:
        data[f"{case.status}_at"] = timestamp(case.finished_at)
    if answer:
        data["result"] = {"action": answer.action, "data": answer.public_data}
    if case.status is Status.EXPIRED:
        data["default_action"] = str(case.default_action)
    if case.status is Status.CANCELLED:
        data["reason"] = case.reason
    return data
