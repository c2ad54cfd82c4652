"""What a server sees of encrypted cases: what stands in the open, and how envelopes are spelt.

It carries envelopes and never opens one, so nothing here is cryptography.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from openhitl.errors import InvalidRequest
from openhitl.protocol import base64url
from openhitl.protocol.case import Json
from openhitl.protocol.problems import invalid, list_of, object_of, text_of

SEALED_TYPE = "x-sealed"
#: All that pages and messages say of an encrypted case.
NEUTRAL_PROMPT = "Encrypted request"
NEUTRAL_NOTICE = "Encrypted notice"
MAX_ENVELOPE_CHARACTERS = 800_000
MAX_KEYS = 500
_KEY_BYTES = 32
_WRAPPED_BYTES = 48
_TAG_BYTES = 16
#: Of the older envelopes: a nonce, then a box with its tag.
_LEAST_BOX_BYTES = 24 + _TAG_BYTES
#: What would say in the open what is asked.
_TELLING = ("message", "inline_actions")


def neutral(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what a question of type x-sealed says in the open; return it with the prompt that all have.

    Raises: InvalidRequest.
    """
    if given.get("prompt", NEUTRAL_PROMPT) != NEUTRAL_PROMPT:
        invalid("prompt", f"of an encrypted request is {NEUTRAL_PROMPT!r}, or left out")
    for name in _TELLING:
        if given.get(name) is not None:
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
    if isinstance(value, str):
        _check_text(value, path)
    else:
        _check_object(value, path)


def _check_text(value: str, path: str) -> None:
    text_of(value, path, most=MAX_ENVELOPE_CHARACTERS)
    try:
        size = len(base64.b64decode(value, validate=True))
    except ValueError:
        size = 0
    if size < _LEAST_BOX_BYTES:
        invalid(path, "must be base64 of a nonce and a box")


def _check_object(value: Any, path: str) -> None:
    if value is None:
        invalid(path, "is required")
    envelope = object_of(value, path)
    if set(envelope) != {"v", "sender", "ephemeral", "keys", "box"} or envelope["v"] != 2:
        invalid(path, "must be an envelope of version 2: v, sender, ephemeral, keys, box")
    for name in ("sender", "ephemeral"):
        _check_bytes(envelope[name], f"{path}.{name}", exactly=_KEY_BYTES)
    keys = list_of(envelope["keys"], f"{path}.keys")
    if not 1 <= len(keys) <= MAX_KEYS:
        invalid(f"{path}.keys", f"must hold 1 to {MAX_KEYS} keys")
    for number, key in enumerate(keys):
        where = f"{path}.keys[{number}]"
        if set(object_of(key, where)) != {"to", "key"}:
            invalid(where, "must have to and key")
        _check_bytes(key["to"], f"{where}.to", exactly=_KEY_BYTES)
        _check_bytes(key["key"], f"{where}.key", exactly=_WRAPPED_BYTES)
    if len({key["to"] for key in keys}) < len(keys):
        invalid(f"{path}.keys", "names a device twice")
    _check_bytes(envelope["box"], f"{path}.box")


def _check_bytes(value: Any, path: str, *, exactly: int | None = None) -> None:
    text = text_of(value, path, most=MAX_ENVELOPE_CHARACTERS)
    try:
        size = len(base64url.decode(text))
    except ValueError:
        invalid(path, "must be base64url without padding")
    if (exactly is not None and size != exactly) or size < _TAG_BYTES:
        invalid(path, f"must be {exactly or f'at least {_TAG_BYTES}'} bytes")


def check_sealed_draft(values: Json) -> None:
    """Check that a draft of an encrypted case is an envelope and nothing else. Raises: InvalidRequest."""
    for name in values:
        if name != "envelope":
            invalid(f"values.{name[:100]}", "is not part of an encrypted draft")
    check_envelope(values.get("envelope"), "values.envelope")


def envelope_flaw(value: Any, path: str) -> tuple[str, str] | None:
    """Say where an envelope is not spelt as one, and how; None if it is."""
    try:
        check_envelope(value, path)
    except InvalidRequest as error:
        found = error.details["errors"][0]
        return found["path"], found["message"]
    return None
