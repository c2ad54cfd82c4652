"""The protocol door, from its table of routes and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openhitl.server.openapi import openapi_document
from openhitl.server.table import DOCUMENTED
from scripts.reference.tables import code, table

_HEAD = """# HTTP

A running server describes itself: `/openapi.json` is the OpenAPI document, `/.well-known/hitl.json` what it
can do in the protocol's own terms. Errors are listed [by code](errors.md).

## Credentials

| name | what it is | where it goes |
| --- | --- | --- |
| key | an API key of an agent or a service | `Authorization: Bearer …` or `X-API-Key: …` |
| person | somebody who is signed in | a browser's cookie, or `Authorization: Bearer hitlu_…` |
| client | a registered program, by `client_id` and secret | `Authorization: Basic …`, or in the form |
| review | the token of a case's `review_url` | `?token=…` |
| submit | a case's `submit_token`, given to services | `Authorization: Bearer …` |
| link | the token of an address that `hitl admin passkey-link` printed | `?token=…` |
| poll | the key that made the case; for a case made without one, the token of its `poll_url` | as above |

Each token is good for its purpose only. 404 is the same for a case that does not exist and for somebody
else's.

## Routes

"""
_HOUSE = """
Beside these there are `/healthz`, `/readyz` and `/metrics` for operators, and `/static/…` for the pages.

"""
_LIMITS = """
## Limits

A body may have 1 MiB, a prompt 500 characters, JSON 32 levels; a case may stay open from 10 seconds to 7
days. An agent's creates and the polls of a case are limited per minute (`429` with `Retry-After`; see
[settings](settings.md)). `Idempotency-Key` has 1 to 255 characters and belongs to the key's owner: the same
key with the same body returns the same case, with another body it is 422.

"""


def page() -> str:
    """Write the page."""
    document = openapi_document("http://localhost:4485")
    parts = [
        _HEAD,
        table(("", "credential", "codes", "does"), _routes(document["paths"])),
        _HOUSE,
        _LIMITS.lstrip(),
    ]
    for method, path, title in (
        ("post", "/api/v1/reviews", "Body of a question"),
        ("post", "/reviews/{case_id}/respond", "Body of an answer"),
        ("put", "/reviews/{case_id}/draft", "Body of a draft"),
    ):
        content = document["paths"][path][method]["requestBody"]["content"]
        schema = content["application/json"]["schema"]
        parts.append(f"## {title}\n\n{code(f'{method.upper()} {path}')}\n\n{_fields(schema)}\n")
    return "".join(parts).rstrip("\n") + "\n"


def _routes(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    credentials = {(route.method, route.pattern): route.credential for route in DOCUMENTED}
    for pattern, operations in paths.items():
        for name, operation in operations.items():
            method = name.upper()
            credential = credentials.get((method, pattern), "poll")
            shown = "" if credential == "none" else credential
            yield code(f"{method} {pattern}"), shown, ", ".join(operation["responses"]), operation["summary"]


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = (
        (code(name), "yes" if name in required else "", _kind(field))
        for name, field in schema["properties"].items()
    )
    return table(("field", "required", "is"), rows)


def _kind(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        words = "one of " + ", ".join(map(code, field["enum"]))
    elif "oneOf" in field:
        words = " or ".join(map(_kind, field["oneOf"]))
    elif field["type"] == "array":
        words = f"array of {_kind(field['items'])}"
    else:
        words = str(field["type"])
    if "minLength" in field:
        words += f" of {field['minLength']} to {field['maxLength']} characters"
    if "default" in field:
        words += f", default {code(field['default'])}"
    return f"{words}: {field['description']}" if "description" in field else words
