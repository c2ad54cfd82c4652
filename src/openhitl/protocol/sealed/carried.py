"""What a server sees of encrypted cases: what stands in the open, and how envelopes are spelt.

It carries envelopes and opens none.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from openhitl.errors import InvalidEnvelope, InvalidRequest, UnknownEnvelopeVersion
from openhitl.protocol.case import NEUTRAL_PROMPT, Json
from openhitl.protocol.problems import invalid, object_of, text_of
from openhitl.protocol.sealed.box import MAX_TEXT_BYTES, NONCE_BYTES
from openhitl.protocol.sealed.wire import PAD_BYTES, TAG_BYTES, Envelope, parse_envelope

NEUTRAL_NOTICE = "Encrypted notice"
_LEAST_BYTES = NONCE_BYTES + TAG_BYTES
_MAX_CHARACTERS = 4 * -(-(_LEAST_BYTES + MAX_TEXT_BYTES) // 3)
#: A handed key: an id, a digest, a key, and what is around them.
_MAX_HANDED_BYTES = 5 * PAD_BYTES
#: What would say in the open what is asked.
_TELLING = ("message", "inline_actions")


def neutral(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what a question of type x-sealed says in the open; return it with the prompt that all have.

    Raises: InvalidRequest.
    """
    if given.get("prompt", NEUTRAL_PROMPT) != NEUTRAL_PROMPT:
        invalid("prompt", f"of an encrypted request is {NEUTRAL_PROMPT!r}, or left out")
    for name in _TELLING:
        if name in given:
            invalid(name, "does not go with an encrypted request")
    context = object_of(given.get("context"), "context")
    if set(context) != {"envelope"}:
        invalid("context", "of an encrypted request is its envelope alone")
    check_envelope(context["envelope"], "context.envelope")
    return {name: value for name, value in given.items() if name != "case_id"} | {"prompt": NEUTRAL_PROMPT}


def answer_field(context: Json) -> str:
    """Name what an answer to an envelope is sent as: one of the same version."""
    return "payload" if isinstance(context.get("envelope"), str) else "envelope"


def check_envelope(value: Any, path: str) -> None:
    """Check how an envelope is spelt: base64 of a NaCl box (version 1), or an object (version 2).

    Raises: InvalidRequest.
    """
    (check_payload if isinstance(value, str) else _check_object)(value, path)


def _check_object(value: Any, path: str) -> None:
    _parsed(value, path)


def _parsed(value: Any, path: str) -> Envelope:
    try:
        return parse_envelope(value)
    except (InvalidEnvelope, UnknownEnvelopeVersion) as error:
        invalid(path, f"is no envelope: {error.message}")


def read_handed_outside(value: Any, path: str) -> Envelope:
    """Check that a value is spelt as a handed key is: small, and to one device. Raises: InvalidRequest."""
    envelope = _parsed(value, path)
    if len(envelope.recipients) != 1 or len(envelope.box) > _MAX_HANDED_BYTES:
        invalid(path, "is no handed key: it goes to one device and holds nothing else")
    return envelope


def check_payload(value: Any, path: str) -> None:
    """Check that a value is spelt as an envelope of version 1. Raises: InvalidRequest."""
    text = text_of(value, path, most=_MAX_CHARACTERS)
    try:
        size = len(base64.b64decode(text, validate=True))
    except ValueError:
        size = 0
    if size < _LEAST_BYTES:
        invalid(path, "must be base64 of a nonce and a box")


def answer_flaw(context: Json, data: Json) -> tuple[str, str] | None:
    """Say where an answer to an envelope is not spelt as one of the same version, and how; None if it is."""
    name = answer_field(context)
    check = check_payload if name == "payload" else _check_object
    try:
        check(data.get(name), f"data.{name}")
    except InvalidRequest as error:
        found = error.details["errors"][0]
        return found["path"], found["message"]
    return None


def check_sealed_draft(values: Json) -> None:
    """Check that a draft of an encrypted case is an envelope and nothing else. Raises: InvalidRequest."""
    for name in values:
        if name != "envelope":
            invalid(f"values.{name[:100]}", "is not part of an encrypted draft")
    check_envelope(values.get("envelope"), "values.envelope")
