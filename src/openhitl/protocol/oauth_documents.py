"""What programs learn of the authorization server before they use it. RFC 8414, RFC 9728."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from openhitl.protocol.oauth import AUTH_METHODS, GRANT_TYPES
from openhitl.protocol.scopes import Scope

ROOT = "/api/v1/oauth"
SERVER_DOCUMENT = "/.well-known/oauth-authorization-server"
RESOURCE_DOCUMENT = "/.well-known/oauth-protected-resource"


def server_document(base_url: str) -> dict[str, Any]:
    """Describe the authorization server whose issuer is a base URL. RFC 8414 §2."""
    root = base_url + ROOT
    return {
        "issuer": base_url,
        "authorization_endpoint": f"{root}/authorize",
        "token_endpoint": f"{root}/token",
        "registration_endpoint": f"{root}/register",
        "revocation_endpoint": f"{root}/revoke",
        "device_authorization_endpoint": f"{root}/device_authorization",  # RFC 8628 §4
        "scopes_supported": list(Scope),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,  # RFC 9207 §3
        "client_id_metadata_document_supported": True,
    }


def resource_document(base_url: str, path: str = "") -> dict[str, Any]:
    """Describe what is at a path of a server as a protected resource. RFC 9728 §2."""
    return {
        "resource": base_url + path,
        "authorization_servers": [base_url],
        "scopes_supported": list(Scope),
        "bearer_methods_supported": ["header"],
        "resource_name": "OpenHITL",
    }


def resource_document_url(base_url: str, path: str = "") -> str:
    """Say where the description of a resource is: the path of the resource follows. RFC 9728 §3."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}{RESOURCE_DOCUMENT}{parts.path}{path}"
