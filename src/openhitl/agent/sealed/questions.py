"""An encrypted question and its answer, as values. Nothing here sends or keeps anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from openhitl.errors import (
    AnswerToAnother,
    CallerError,
    InvalidEnvelope,
    NotEncrypted,
    UnfitAnswer,
    UnknownSender,
)
from openhitl.protocol.answers import CheckedAnswer, check_answer
from openhitl.protocol.case import Content, DefaultAction, Json
from openhitl.protocol.context import Context
from openhitl.protocol.durations import DEFAULT_TIMEOUT
from openhitl.protocol.sealed.envelope import Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys

_ANSWER = {"action", "data", "request"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedQuestion:
    """What was asked, and who may answer it.

    `digest` is that of the envelope: what an answer has to name. `devices` are the keys that it was encrypted
    to, without our own, by whose they are as far as that is known.
    """

    case_id: str
    body: Json = field(repr=False)
    digest: str
    devices: Mapping[bytes, str]
    expires_at: datetime

    @property
    def content(self) -> Content:
        """What the answer is checked against."""
        message = str(self.body.get("message") or self.body["prompt"])
        return Content(
            type=str(self.body["type"]),
            prompt=str(self.body["prompt"]),
            message=message,
            context=self.body["context"],
            timeout=DEFAULT_TIMEOUT,
            default_action=DefaultAction(self.body["default_action"]),
            agent=str(self.body["agent"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomness:
    """What is drawn for one envelope alone, 32 bytes each."""

    ephemeral: bytes = field(repr=False)
    content_key: bytes = field(repr=False)


def seal(
    head: Head, body: Json, keys: Keys, devices: Mapping[bytes, str], drawn: Randomness
) -> tuple[dict[str, Any], SealedQuestion]:
    """Encrypt a question to devices, and to ourselves so that another process of ours can wait for it.

    Raises: InvalidRequest, InvalidEnvelope.
    """
    envelope = seal_envelope(
        head,
        body,
        sender=keys,
        recipients={*devices, keys.public},
        ephemeral=Keys(drawn.ephemeral),
        content_key=drawn.content_key,
    )
    return dict(envelope), read_own(envelope, keys, head.case_id, devices)


def read_own(
    envelope: object, keys: Keys, case_id: str, names: Mapping[bytes, str] | None = None
) -> SealedQuestion:
    """Read a question that we have asked: nobody else can have made an envelope from us to us.

    Raises: NotEncrypted for one of somebody else; EnvelopeRefused.
    """
    if not isinstance(envelope, Mapping):
        raise NotEncrypted
    ours = {keys.public}
    try:
        opened = open_envelope(envelope, keys, senders=ours, case_id=case_id, direction=Direction.REQUEST)
    except UnknownSender as error:
        raise NotEncrypted from error
    devices = {key: (names or {}).get(key, "") for key in opened.recipients if key != keys.public}
    return SealedQuestion(
        case_id=case_id,
        body=opened.body,
        digest=opened.digest,
        devices=devices,
        expires_at=opened.head.expires_at,
    )


def read_answer(question: SealedQuestion, data: Json, keys: Keys) -> tuple[CheckedAnswer, Opened]:
    """Open the answer to a question and check all of it.

    Args:
        data: what the server says was submitted.

    Raises: UnknownSender for a device that the question was not encrypted to, EnvelopeMoved for an answer to
    another case, AnswerToAnother for one to another question, EnvelopeReplayed, WrongDirection,
    EnvelopeChanged, UnfitAnswer; and EnvelopeRefused, which they all are.
    """
    opened = open_envelope(
        data.get("envelope"),
        keys,
        senders=set(question.devices),
        case_id=question.case_id,
        direction=Direction.ANSWER,
    )
    body = opened.body
    if set(body) != _ANSWER or not isinstance(body["action"], str) or not isinstance(body["data"], dict):
        raise InvalidEnvelope("An answer has an action, data and the question that it is to.")
    if body["request"] != question.digest:
        raise AnswerToAnother
    try:
        content = question.content
        context = Context.parse(content.type, content.context)
        return check_answer(content, context, body["action"], body["data"]), opened
    except CallerError as error:
        raise UnfitAnswer(
            f"The encrypted answer is none that this question takes: {error.message}"
        ) from error
