"""What the OAuth door takes, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.oauth import AUTH_METHODS, GRANT_TYPES
from openhitl.protocol.oauth_documents import ROOT

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}


def _form(required: Sequence[str], *names: str, **special: dict[str, Any]) -> dict[str, Any]:
    properties = dict.fromkeys((*required, *names), _TEXT)
    return {"type": "object", "required": list(required), "properties": {**properties, **special}}


_CLIENT = ("client_id", "client_secret")
#: By the path that is posted to.
OAUTH_JSON: Mapping[str, dict[str, Any]] = {
    f"{ROOT}/register": {
        "type": "object",
        "properties": {
            "client_name": _TEXT,
            "redirect_uris": _TEXTS,
            "grant_types": {"type": "array", "items": {"enum": list(GRANT_TYPES)}},
            "response_types": _TEXTS,
            "token_endpoint_auth_method": {"enum": list(AUTH_METHODS)},
            "scope": _TEXT,
        },
    },
    f"{ROOT}/clients/register": _form(("client_id",), "client_name", "client_type", "agent_name"),
}
OAUTH_FORMS: Mapping[str, dict[str, Any]] = {
    f"{ROOT}/token": _form(
        ("grant_type",),
        *_CLIENT,
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "device_code",
        "scope",
        "resource",
        grant_type={"enum": list(GRANT_TYPES)},
    ),
    f"{ROOT}/revoke": _form(("token",), *_CLIENT, "token_type_hint"),
    f"{ROOT}/device_authorization": _form(("client_id",), "client_secret", "scope", "resource", "agent_name"),
    f"{ROOT}/authorize": _form(("csrf", "decision"), decision={"enum": ["allow", "deny"]}),
    "/device": _form(("csrf", "user_code"), "ticket", decision={"enum": ["allow", "deny"]}),
}
#: The query of an authorization request.
OAUTH_QUERY = (
    "response_type",
    "client_id",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
    "state",
    "scope",
    "resource",
    "agent_name",
)
