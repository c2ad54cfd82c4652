"""What somebody was told that wants no answer, as a server tells it; what is encrypted in the clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from openhitl.errors import EnvelopeRefused, PeerError
from openhitl.person.device import Device
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import parse_timestamp, timestamp


@record(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice. `is_sealed`: it came encrypted; `trouble` says why it cannot be read here, and then
    there is no message.
    """

    notice_id: str
    kind: str
    agent: str
    created_at: datetime
    is_read: bool
    message: str = field(default="", repr=False)
    is_sealed: bool = False
    trouble: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Notices:
    """What somebody was told, newest first, and how many they have not read of all there are."""

    told: Sequence[Told] = ()
    unread: int = 0


def read_notice(view: Any, device: Device) -> Told:
    """Read a notice of `GET /api/v1/inbox/notices`. Raises: PeerError if it is none."""
    try:
        is_sealed = view.get("envelope") is not None
        message, trouble = _message(view, device) if is_sealed else (str(view["message"]), "")
        return Told(
            notice_id=str(view["id"]),
            kind=str(view["kind"]),
            agent=str(view["agent"]),
            created_at=parse_timestamp(view["created_at"]),
            is_read=view["read"] is True,
            message=message,
            is_sealed=is_sealed,
            trouble=trouble,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PeerError("The server's answer is not a notice.") from error


def _message(view: Mapping[str, Any], device: Device) -> tuple[str, str]:
    try:
        return device.notice(view["envelope"], str(view.get("case_id"))), ""
    except EnvelopeRefused as error:
        return "", f"{error.message} {error.hint}".strip()


def spelt(told: Told) -> Mapping[str, Any]:
    """Spell it for programs."""
    fields = {
        "id": told.notice_id,
        "kind": told.kind,
        "agent": told.agent,
        "created_at": timestamp(told.created_at),
        "read": told.is_read,
        "encrypted": told.is_sealed,
    }
    return {**fields, "trouble": told.trouble} if told.trouble else {**fields, "message": told.message}
