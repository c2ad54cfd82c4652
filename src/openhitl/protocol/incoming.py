"""What comes in from any service, v0.5 to v0.8: read leniently, refused only where it is of no use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from openhitl.errors import InvalidHitlObject, PeerError
from openhitl.protocol.addresses import is_safe_address
from openhitl.protocol.case import Json, Progress, Status
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import parse_timestamp


@record(frozen=True, slots=True, kw_only=True)
class HitlObject:
    """A hitl object as an agent needs it. HITL v0.8 §6.

    Its addresses and tokens stay out of logs. `verification_policy` is as the service wrote it, of
    whatever form. HITL v0.8 §7.6.
    """

    case_id: str
    type: str
    prompt: str
    review_url: str = field(repr=False)
    poll_url: str = field(repr=False)
    message: str = ""
    spec_version: str = ""
    events_url: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    expires_at: datetime | None = None
    default_action: str = "skip"
    context: Json = field(default_factory=dict)
    reminder_at: tuple[datetime, ...] = ()
    previous_case_id: str | None = None
    submit_url: str | None = None
    submit_token: str | None = field(default=None, repr=False)
    inline_actions: tuple[str, ...] | None = None
    verification_policy: Any = None


@record(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll body as an agent needs it. HITL v0.8 §8. `ended_at` is when the case became final.

    What a human answered is kept out of its repr, for it may be sensitive.
    """

    status: Status
    case_id: str
    action: str | None = None
    data: Json = field(default_factory=dict, repr=False)
    responded_by: Json | None = None
    submission_context: Json | None = None
    progress: Progress | None = None
    default_action: str | None = None
    reason: str | None = None
    ended_at: datetime | None = None
    expires_at: datetime | None = None
    next_case_id: str | None = None
    body: Json = field(default_factory=dict, repr=False)


#: What every version of the protocol requires of a hitl object, beside its spec_version. HITL v0.8 §6.
REQUIRED = ("case_id", "type", "prompt", "review_url", "poll_url", "created_at", "expires_at")


def parse_accepted(status_code: int, body: Any) -> HitlObject | None:
    """Read the answer of a service; None if it does not ask for a human. HITL v0.8 §6.

    Raises: InvalidHitlObject for one without a required member, or whose page or poll is neither at
    an https address nor on this machine.
    """
    hitl = body.get("hitl") if status_code == 202 and isinstance(body, Mapping) else None
    if hitl is None:
        return None
    if not isinstance(hitl, Mapping):
        raise InvalidHitlObject("The service answered 202 with a hitl member that is not an object.")
    try:
        needed = {name: _needed(hitl, name) for name in REQUIRED}
    except PeerError as error:
        raise InvalidHitlObject(error.message) from error
    for name in ("review_url", "poll_url"):
        if not is_safe_address(needed[name]):
            # One will be opened on somebody's machine, the other is sent what lets the caller in.
            raise InvalidHitlObject(f"The service's {name} is neither https nor on this machine.")
    events_url = _text(hitl, "events_url")
    return HitlObject(
        case_id=needed["case_id"],
        type=needed["type"],
        prompt=needed["prompt"],
        review_url=needed["review_url"],
        poll_url=needed["poll_url"],
        message=_text(body, "message") or needed["prompt"],
        spec_version=_text(hitl, "spec_version") or "",
        events_url=events_url if events_url and is_safe_address(events_url) else None,
        created_at=parse_instant(needed["created_at"]),
        expires_at=parse_instant(needed["expires_at"]),
        default_action=_text(hitl, "default_action") or "skip",
        context=_object(hitl.get("context")) or {},
        reminder_at=parse_instants(hitl.get("reminder_at")),
        previous_case_id=_text(hitl, "previous_case_id"),
        submit_url=_text(hitl, "submit_url"),
        submit_token=_text(hitl, "submit_token"),
        inline_actions=_texts(hitl.get("inline_actions")),
        verification_policy=hitl.get("verification_policy"),
    )


def parse_poll(body: Any) -> Poll:
    """Read a poll body.

    Raises: PeerError for one without a known status and case id, or completed without an action.
    """
    if not isinstance(body, Mapping):
        raise PeerError("The service's poll answer is not an object.")
    try:
        status = Status(_needed(body, "status"))
    except ValueError as error:
        raise PeerError(f"The service's poll answer has an unknown status: {body['status']!r}.") from error
    result = _object(body.get("result")) or {}
    if status is Status.COMPLETED and not isinstance(result.get("action"), str):
        raise PeerError("The service says completed, but not with which action.")
    return Poll(
        status=status,
        case_id=_needed(body, "case_id"),
        action=_text(result, "action"),
        data=_object(result.get("data")) or {},
        responded_by=_object(body.get("responded_by")),
        submission_context=_object(body.get("submission_context")),
        progress=_progress(body.get("progress")),
        default_action=_text(body, "default_action"),
        reason=_text(body, "reason"),
        ended_at=parse_instant(body.get(f"{status}_at")) if status.is_final else None,
        expires_at=parse_instant(body.get("expires_at")),
        next_case_id=_text(body, "next_case_id"),
        body=body,
    )


def _needed(given: Json, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise PeerError(f"The service's answer lacks {name}.")
    return value


def _text(given: Json, name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _object(value: Any) -> Json | None:
    return value if isinstance(value, Mapping) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(one for one in value if isinstance(one, str))


def parse_instant(value: Any) -> datetime | None:
    """Read an instant; None if it is not one."""
    try:
        return parse_timestamp(value) if isinstance(value, str) else None
    except ValueError:
        return None


def parse_instants(value: Any) -> tuple[datetime, ...]:
    """Read one instant or a list of them; what is none is left out. HITL v0.8 §6 `reminder_at`."""
    given = value if isinstance(value, list) else [value]
    return tuple(instant for instant in map(parse_instant, given) if instant is not None)


def _progress(value: Any) -> Progress | None:
    names = ("current_step", "total_steps", "completed_fields", "total_fields")
    given = _object(value) or {}
    numbers = {name: given.get(name) for name in names}
    if not all(isinstance(number, int) for number in numbers.values()):
        return None
    return Progress(**{name: int(number or 0) for name, number in numbers.items()})
