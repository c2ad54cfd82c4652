"""Questions that only devices can read, opened and answered here. Nothing here sends or keeps anything.

Version 2 says who wrote it, to which case it belongs and to whom it went; version 1, which hitl-cli 1.2.1
speaks, says who wrote it and nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from openhitl.errors import AnswerToAnother, EnvelopeChanged, InvalidEnvelope, NotEncryptedToKey
from openhitl.protocol.base64url import decode
from openhitl.protocol.case import Json
from openhitl.protocol.record import record
from openhitl.protocol.sealed.box import open_box, seal_box
from openhitl.protocol.sealed.envelope import HandedKey, Opened, open_envelope, seal_envelope
from openhitl.protocol.sealed.fingerprint import agent_fingerprint
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys

#: What a question says that nobody but its devices may read.
_SAID = ("type", "prompt", "message", "context", "default_action")
_WORDS = "response"


@record(frozen=True, slots=True)
class NamedList:
    """The device list of a person that a question was encrypted to, as its agent names it."""

    person: str
    number: int
    digest: str


@record(frozen=True, slots=True, kw_only=True)
class Question:
    """An encrypted question that was opened. `said` is what it asks, by the names of a case.

    `agent_id` names the agent whose key `sender` is, as the server says. `opened` is None for version 1,
    and `lists` is empty then: it names none. `is_handed`: it was encrypted before this device was there, and
    its agent takes no answer from it.
    """

    case_id: str
    agent_id: str
    sender: bytes
    said: Json = field(repr=False)
    opened: Opened | None = None
    lists: tuple[NamedList, ...] = ()
    is_handed: bool = False

    @property
    def words(self) -> str:
        """The six words of its sender's key."""
        return agent_fingerprint(self.sender)


@record(frozen=True, slots=True)
class Drawn:
    """What is drawn for one envelope alone: 32 bytes, 32 bytes and 24."""

    ephemeral: bytes = field(repr=False)
    content_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)


@record(frozen=True, slots=True)
class Sender:
    """An agent as the server names it."""

    agent_id: str
    name: str


def senders_of(view: Mapping[str, Any]) -> Mapping[bytes, Sender]:
    """Return the keys from which a server says a question may have come, each with its agent."""
    try:
        return {
            decode(str(one["key"])): Sender(str(one["agent_id"]), str(one["agent"]))
            for one in view.get("senders", ())
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidEnvelope("The server names senders that are none.") from error


def open_question(view: Mapping[str, Any], keys: Keys, handed: HandedKey | None = None) -> Question:
    """Open an encrypted case, with what another device has handed over if it was not encrypted to us.

    Raises: EnvelopeRefused if it is not for us, or not what it should be.
    """
    case_id, envelope = str(view.get("case_id")), (view.get("context") or {}).get("envelope")
    senders = senders_of(view)
    if isinstance(envelope, str):
        return _open_older(case_id, envelope, keys, senders)
    opened = open_envelope(
        envelope, handed or keys, senders=senders, case_id=case_id, direction=Direction.REQUEST
    )
    said = {name: opened.body[name] for name in _SAID if name in opened.body}
    _check_said(said)
    said.setdefault("message", "")  # else the server's would stand among the agent's words
    said["agent"] = _named(senders[opened.sender], opened.body.get("agent"))
    # What stands in the open beside the envelope must not say otherwise.
    if said.get("default_action", view.get("default_action")) != view.get("default_action"):
        raise EnvelopeChanged("The server says that silence means something else than the question does.")
    agent_id = senders[opened.sender].agent_id
    return Question(
        case_id=case_id,
        agent_id=agent_id,
        sender=opened.sender,
        said=said,
        opened=opened,
        lists=_lists(opened.body.get("people", [])),
        is_handed=handed is not None,
    )


def _lists(people: object) -> tuple[NamedList, ...]:
    if not isinstance(people, list) or not all(isinstance(one, dict) for one in people):
        raise InvalidEnvelope("An encrypted question names device lists that are none.")
    return tuple(_list(one) for one in people)


def _list(one: Mapping[str, Any]) -> NamedList:
    person, number, digest = (one.get(name) for name in ("person", "number", "digest"))
    if not isinstance(person, str) or type(number) is not int or not isinstance(digest, str):
        raise InvalidEnvelope("An encrypted question names a device list that is none.")
    return NamedList(person, number, digest)


def _named(sender: Sender, calls_itself: object) -> str:
    """Name an agent as the server knows it, and as it calls itself where that is something else."""
    if not isinstance(calls_itself, str) or calls_itself in ("", sender.name):
        return sender.name
    return f"{sender.name} (calls itself {calls_itself})"


def _check_said(said: Mapping[str, Any]) -> None:
    if not isinstance(said.get("context"), dict):
        raise InvalidEnvelope("An encrypted question has no context.")
    if not all(isinstance(said.get(name), str) for name in ("type", "prompt")):
        raise InvalidEnvelope("An encrypted question has no type or prompt.")


def _open_older(case_id: str, payload: str, keys: Keys, senders: Mapping[bytes, Sender]) -> Question:
    for sender in senders:
        try:
            text = open_box(payload, keys, sender)
        except EnvelopeChanged:  # from another sender, or to another key: version 1 cannot tell
            continue
        agent = senders[sender]
        said = {"message": "", **_older_said(text), "agent": agent.name}
        return Question(case_id=case_id, agent_id=agent.agent_id, sender=sender, said=said)
    raise NotEncryptedToKey


def _older_said(text: str) -> Json:
    """Read what hitl-cli 1.2.1 asks: words, with choices or without, or a summary that wants an answer."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidEnvelope("An encrypted question is not JSON.") from error
    given = dict(given) if isinstance(given, dict) else {}
    prompt = next((given.pop(name) for name in ("prompt", "summary", "message") if name in given), None)
    if not isinstance(prompt, str):
        raise InvalidEnvelope("An encrypted question has no prompt.")
    choices = given.get("choices") or []
    if isinstance(choices, list) and choices and all(isinstance(one, str) for one in choices):
        given.pop("choices")
        items = [{"id": one, "title": one} for one in dict.fromkeys(choices)]
        return {
            "type": "selection",
            "prompt": prompt,
            "context": {**given, "items": items, "min": 1, "max": 1},
        }
    placeholder = given.pop("placeholder_text", None)
    field_ = {"key": _WORDS, "label": "Your answer", "type": "textarea", "required": True}
    if isinstance(placeholder, str):
        field_["placeholder"] = placeholder
    return {"type": "input", "prompt": prompt, "context": {**given, "form": {"fields": [field_]}}}


def open_notice(envelope: object, keys: Keys, *, senders: Collection[bytes], notice_id: str) -> str:
    """Read an encrypted notice of one of these senders: its words. Raises: EnvelopeRefused."""
    if isinstance(envelope, str):
        return _open_older_notice(envelope, keys, senders)
    opened = open_envelope(envelope, keys, senders=senders, case_id=notice_id, direction=Direction.NOTICE)
    return _words_of(opened.body)


def _open_older_notice(payload: str, keys: Keys, senders: Collection[bytes]) -> str:
    """Read what hitl-cli 1.2.1 tells, which does not say from whom it is."""
    for sender in senders:
        try:
            text = open_box(payload, keys, sender)
        except EnvelopeChanged:
            continue
        try:
            return _words_of(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise InvalidEnvelope("An encrypted notice is not JSON.") from error
    raise NotEncryptedToKey


def _words_of(body: object) -> str:
    message = body.get("message") if isinstance(body, Mapping) else None
    if not isinstance(message, str):
        raise InvalidEnvelope("An encrypted notice has no message.")
    return message


def seal_answer(question: Question, action: str, data: Json, keys: Keys, drawn: Drawn) -> dict[str, Any]:
    """Encrypt an answer to whoever asked, and to all devices that could read the question."""
    opened = question.opened
    if opened is None:
        words = data.get(_WORDS) or ", ".join(map(str, data.get("selected", ())))
        text = json.dumps({_WORDS: words}, ensure_ascii=False)
        return {"payload": seal_box(text, keys, question.sender, nonce=drawn.nonce)}
    head = Head(
        case_id=question.case_id,
        direction=Direction.ANSWER,
        expires_at=opened.head.expires_at,
    )
    envelope = seal_envelope(
        head,
        {"action": action, "data": dict(data), "request": opened.digest},
        sender=keys,
        recipients={question.sender, *opened.recipients},
        ephemeral=Keys(drawn.ephemeral),
        content_key=drawn.content_key,
    )
    return {"envelope": envelope}


def _older_answer(text: str) -> Json:
    """Read an answer of version 1: words in JSON, or bare."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    return said if isinstance(said, dict) else {_WORDS: said}


def is_over(question: Question, now: datetime) -> bool:
    """Tell whether the question itself, whatever a server says, takes no answer any more."""
    return question.opened is not None and now >= question.opened.head.expires_at


def open_answer(
    question: Question, data: Mapping[str, Any], keys: Keys, handed: HandedKey | None = None
) -> tuple[str, Json, Opened | None]:
    """Read the answer to a question: its action and data, and the envelope (None for version 1).

    Raises: EnvelopeRefused.
    """
    opened = question.opened
    if opened is None:
        return "submit", _older_answer(open_box(str(data.get("payload")), keys, question.sender)), None
    senders: Sequence[bytes] = [key for key in opened.recipients if key != question.sender]
    sealed = open_envelope(
        data.get("envelope"),
        handed or keys,
        senders=senders,
        case_id=question.case_id,
        direction=Direction.ANSWER,
    )
    answer = sealed.body
    if answer.get("request") != opened.digest:
        raise AnswerToAnother
    if not isinstance(answer.get("action"), str) or not isinstance(answer.get("data"), dict):
        raise InvalidEnvelope("An answer has an action and data.")
    return answer["action"], answer["data"], sealed
