"""What goes out: HITL v0.8 objects, poll bodies and event data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any

from openhitl.protocol.case import SPEC_VERSION, Answer, Content, Json, Progress, ReviewCase, Status
from openhitl.protocol.lifecycle import Event, EventKind
from openhitl.protocol.policies import spelled
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import timestamp


@record(frozen=True, slots=True, kw_only=True)
class Urls:
    """The addresses of one case. `submit` and `submit_token` come together. HITL v0.8 §7.5."""

    review: str
    poll: str
    events: str
    submit: str | None = None
    submit_token: str | None = None


def hitl_object(case: ReviewCase, content: Content, urls: Urls) -> dict[str, Any]:
    """Spell the hitl object. HITL v0.8 §6 "HITL Object Fields"."""
    hitl: dict[str, Any] = {
        "spec_version": SPEC_VERSION,
        "case_id": case.case_id,
        "review_url": urls.review,
        "poll_url": urls.poll,
        "events_url": urls.events,
        "callback_url": content.callback_url,
        "type": content.type,
        "prompt": content.prompt,
        "timeout": content.timeout,
        "default_action": str(content.default_action),
        "created_at": timestamp(case.created_at),
        "expires_at": timestamp(case.expires_at),
        "context": content.context,
    }
    if content.reminder_at:
        hitl["reminder_at"] = [timestamp(instant) for instant in content.reminder_at]
    if content.previous_case_id:
        hitl["previous_case_id"] = content.previous_case_id
    if content.policy is not None:
        hitl["verification_policy"] = spelled(content.policy)
    if urls.submit:
        hitl["submit_url"] = urls.submit
        hitl["submit_token"] = urls.submit_token
        if content.inline_actions is not None:
            hitl["inline_actions"] = list(content.inline_actions)
    return hitl


def accepted_body(case: ReviewCase, content: Content, urls: Urls) -> dict[str, Any]:
    """Spell the body of the 202. HITL v0.8 §6."""
    return {
        "status": "human_input_required",
        "message": content.message,
        "hitl": hitl_object(case, content, urls),
    }


def poll_body(case: ReviewCase, answer: Answer | None, signature: Json | None = None) -> dict[str, Any]:
    """Spell the poll body, sensitive values included. HITL v0.8 §8 "Poll Field Definitions", §13.4."""
    body: dict[str, Any] = {
        "status": str(case.status),
        "case_id": case.case_id,
        "created_at": timestamp(case.created_at),
    }
    if case.opened_at:
        body["opened_at"] = timestamp(case.opened_at)
    if case.finished_at is None:
        body["expires_at"] = timestamp(case.expires_at)
    else:
        body[f"{case.status}_at"] = timestamp(case.finished_at)
    if answer:
        body["result"] = {"action": answer.action, "data": answer.data}
        if signature:
            body["result"]["signature"] = signature
        body.update(who_answered(answer))
    if case.status is Status.IN_PROGRESS and case.progress:
        body["progress"] = asdict(case.progress)
    if case.reminder_sent_at:
        body["reminder_sent_at"] = timestamp(case.reminder_sent_at)
    if case.next_case_id:
        body["next_case_id"] = case.next_case_id
    if case.status is Status.EXPIRED:
        body["default_action"] = str(case.default_action)
    if case.status is Status.CANCELLED:
        body["reason"] = case.reason
    return body


def who_answered(answer: Answer) -> dict[str, Any]:
    """Spell who answered and how, as poll bodies do. HITL v0.8 §7.5, §8."""
    told: dict[str, Any] = {"submission_context": _submission_context(answer)}
    responded_by = {"name": answer.name, "email": answer.email}
    if any(responded_by.values()):
        told["responded_by"] = {name: value for name, value in responded_by.items() if value}
    return told


def _submission_context(answer: Answer) -> dict[str, Any]:
    context: dict[str, Any] = {"mode": answer.mode}
    if answer.submitted_via:
        context["submitted_via"] = answer.submitted_via
    if answer.submitted_by:
        by = asdict(answer.submitted_by)
        context["submitted_by"] = {name: value for name, value in by.items() if value is not None}
    if answer.verification is not None:
        context["verification_result"] = answer.verification
    return context


def case_view(
    case: ReviewCase, content: Content, answer: Answer | None, urls: Urls, signature: Json | None = None
) -> dict[str, Any]:
    """Spell a case for its creator: the poll body and the whole content, without tokens."""
    view = {
        **poll_body(case, answer, signature),
        "expires_at": timestamp(case.expires_at),
        "version": case.version,
        "agent": content.agent,
        "type": content.type,
        "prompt": content.prompt,
        "message": content.message,
        "context": content.context,
        "timeout": content.timeout,
        "default_action": str(content.default_action),
        "reminder_at": [timestamp(instant) for instant in content.reminder_at],
        "previous_case_id": content.previous_case_id,
        "metadata": content.metadata,
        "review_url": urls.review,
        "poll_url": urls.poll,
        "events_url": urls.events,
    }
    if content.policy is not None:
        view["verification_policy"] = spelled(content.policy)
    return view


def event_data(event: Event, *, review_url: str | None = None) -> dict[str, Any]:
    """Spell an event's data. HITL v0.8 §8.5 "Event Types".

    A reminder, of an event just decided or read from a store, says until when the review is open and,
    if given, the review URL again; other events never do.
    """
    data = plain_data({name: value for name, value in event.data.items() if name in _PUBLIC})
    if event.kind is EventKind.PENDING:
        data["created_at"] = timestamp(event.at)
        data["expires_at"] = plain_value(event.data["expires_at"])
    if event.kind is EventKind.REMINDER:
        data["message"] = f"This review is still open until {plain_value(event.data['expires_at'])}."
        if review_url is not None:
            data["review_url"] = review_url
    return data


def state_data(case: ReviewCase, answer: Answer | None) -> dict[str, Any]:
    """Spell the present state of a case as the data of `review.<status>`, without sensitive values.

    HITL v0.8 §8.5.
    """
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


#: What of an event's data leaves the server; digests and surfaces stay in the log.
_PUBLIC = frozenset(
    {
        "cancelled_at",
        "case_id",
        "completed_at",
        "default_action",
        "expired_at",
        "opened_at",
        "progress",
        "reason",
        "reminder_at",
        "result",
    }
)


def plain_data(data: Json) -> dict[str, Any]:
    """Turn the values of an event's data into JSON: instants as text, progress as an object."""
    return {name: plain_value(value) for name, value in data.items()}


def plain_value(value: Any) -> Any:
    """Turn one value into JSON; what is JSON already stays as it is."""
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Progress):
        return asdict(value)
    return str(value) if isinstance(value, StrEnum) else value
