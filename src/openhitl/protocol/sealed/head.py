"""What an envelope belongs to; it stands inside, where nobody on the way can change it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from openhitl.errors import (
    EnvelopeMoved,
    EnvelopeReplayed,
    InvalidEnvelope,
    InvalidRequest,
    WrongDirection,
)
from openhitl.protocol.base64url import encode
from openhitl.protocol.case import Json
from openhitl.protocol.problems import MAX_WHOLE
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import parse_timestamp, timestamp

MAX_ID_CHARACTERS = 128


class Direction(StrEnum):
    """What an envelope is: a question, a draft of an answer, an answer, a notice, or the key to one."""

    REQUEST = "request"
    DRAFT = "draft"
    ANSWER = "answer"
    NOTICE = "notice"
    KEY = "key"


@record(frozen=True, slots=True, kw_only=True)
class Head:
    """What an envelope belongs to: case (or notice), direction, deadline and place in a row.

    `seq` counts what one sender sends in one case and direction, from 1: only drafts get beyond it.
    `expires_at` of a question, its drafts and its answer is until when it may be answered. Who answers
    goes by it; who reads does not, as an answer that was given counts whenever it is fetched. That of a
    key is that of the envelope which it opens.
    """

    case_id: str
    direction: Direction
    expires_at: datetime
    seq: int = 1


def write_head(head: Head, sender: bytes) -> Json:
    """Spell a head. Raises: InvalidRequest for one that nobody would read."""
    written = {
        "case_id": head.case_id,
        "direction": head.direction.value,
        "seq": head.seq,
        "expires_at": timestamp(head.expires_at),
        "sender": encode(sender),
    }
    try:
        read_head(written, sender)
    except InvalidEnvelope as error:
        raise InvalidRequest(error.message) from error
    return written


def read_head(value: Any, sender: bytes) -> Head:
    """Read a head that the owner of the public key `sender` wrote. Raises: InvalidEnvelope."""
    members = {"case_id", "direction", "seq", "expires_at", "sender"}
    if not isinstance(value, dict) or set(value) != members:
        raise InvalidEnvelope(f"A head has exactly the members {', '.join(sorted(members))}.")
    case_id, seq = value["case_id"], value["seq"]
    if not isinstance(case_id, str) or not 1 <= len(case_id) <= MAX_ID_CHARACTERS:
        raise InvalidEnvelope(f"A case_id has 1 to {MAX_ID_CHARACTERS} characters.")
    if type(seq) is not int or not 1 <= seq <= MAX_WHOLE:
        raise InvalidEnvelope("A seq is a whole number from 1.")
    if value["sender"] != encode(sender):
        raise InvalidEnvelope("The head names another sender than the envelope.")
    if value["direction"] not in list(Direction):
        raise InvalidEnvelope("The direction is not known.")
    return Head(
        case_id=case_id,
        direction=Direction(value["direction"]),
        expires_at=_instant(value["expires_at"]),
        seq=seq,
    )


def _instant(text: Any) -> datetime:
    try:
        instant = parse_timestamp(text)
    except (TypeError, ValueError) as error:
        raise InvalidEnvelope("expires_at is not an instant.") from error
    if timestamp(instant) != text:
        raise InvalidEnvelope("expires_at is not spelt as 2026-02-20T10:00:00Z.")
    return instant


def check_head(head: Head, *, case_id: str, direction: Direction, newer_than: int) -> None:
    """Check that an envelope is what it is taken for.

    Raises: EnvelopeMoved, WrongDirection, EnvelopeReplayed.
    """
    if head.case_id != case_id:
        raise EnvelopeMoved
    if head.direction is not direction:
        raise WrongDirection
    if head.seq <= newer_than:
        raise EnvelopeReplayed
