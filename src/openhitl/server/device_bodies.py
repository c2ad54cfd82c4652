"""What the OpenAPI document says of the bodies that devices and pairings take."""

from __future__ import annotations

from typing import Any

from openhitl.identity.handing import DIRECTIONS
from openhitl.protocol.people import MAX_NAME_CHARACTERS
from openhitl.protocol.sealed.handed import MAX_AT_ONCE

_TEXT = {"type": "string"}
_KEY = {"type": "string", "description": "32 bytes, base64url without padding"}
_PROOF = {
    "type": "string",
    "description": "Ed25519 signature by `sign`, base64url: of a device that is known. docs/api.md",
}
_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARACTERS}


def _object(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


#: By path; all are POST.
DEVICE_JSON: dict[str, dict[str, Any]] = {
    "/api/v1/devices": _object(["name", "box", "sign"], name=_NAME, box=_KEY, sign=_KEY, proof=_PROOF),
    "/api/v1/device-list": _object(["statement", "signature"], statement=_TEXT, signature=_TEXT),
    "/api/v1/handed-keys": _object(
        ["keys"],
        keys={
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_AT_ONCE,
            "items": _object(
                ["case_id", "direction", "envelope"],
                case_id=_TEXT,
                direction={"enum": [one.value for one in DIRECTIONS]},
                envelope={"type": "object", "description": "An envelope of version 2, to one device"},
            ),
        },
    ),
    "/api/v1/pairings/{pairing_id}/allow": _object(["number"], number=_TEXT),
    "/api/v1/pairings/claim": _object(
        ["code", "kind", "name"],
        code=_TEXT,
        kind={"enum": ["browser", "terminal"]},
        name=_NAME,
        box=_KEY,
        sign=_KEY,
        proof=_PROOF,
    ),
    "/api/v1/pairings/session": _object(["claim"], claim=_TEXT),
}
