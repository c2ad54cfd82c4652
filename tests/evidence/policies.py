"""Policies and evidence as tests ask for them and present them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import httpx2

from openhitl.server.passkey_admin import passkey_link
from tests.evidence.authenticator import Authenticator
from tests.servers import RunningServer, token_of


def policy(*branches: tuple[str, ...], **changes: Any) -> dict[str, Any]:
    """Ask for a passkey on both paths, or for the providers of each branch; `changes` are top members."""
    wanted = branches or (("passkey",),)
    return {
        "mode": "required",
        "required_for": ["inline_submit", "browser_submit"],
        "requirements": {
            "any_of": [
                {"all_of": [{"proof_type": "proof_of_human", "provider": name} for name in branch]}
                for branch in wanted
            ]
        },
        "binding": {"case_id": True, "action": True, "freshness_seconds": 300, "single_use": True},
        "fallback": {"on_missing": "browser_review", "on_invalid": "browser_review"},
        **changes,
    }


def registration_link(server: RunningServer, name: str = "Alice") -> str:
    """Make a link on the server's own machine."""
    link = passkey_link(server.settings, name)
    assert link.startswith(server.url)
    return link


def registered(server: RunningServer, name: str = "Alice", **authenticator: Any) -> Authenticator:
    """Register a passkey in software, as a browser would."""
    device = Authenticator(**{"origin": server.url, "rp_id": "localhost", **authenticator})
    link = registration_link(server, name)
    page = server.anyone.get(link)
    assert page.status_code == 200, page.text
    options = json.loads(unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))
    done = server.anyone.post(link, json={"credential": device.register(options)})
    assert done.status_code == 201, done.text
    return device


def challenged(server: RunningServer, hitl: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Ask for a challenge as the review page does."""
    url = f"/reviews/{hitl['case_id']}/challenge"
    response = server.anyone.post(url, params={"token": token_of(hitl["review_url"])}, json=answer)
    assert response.status_code == 200, response.text
    return response.json()


def evidence(presentation: Any, challenge: str, **changes: Any) -> dict[str, Any]:
    return {
        "proof_type": "proof_of_human",
        "provider": "passkey",
        "format": "provider_opaque",
        "presentation": presentation,
        "binding": {"challenge": challenge},
        **changes,
    }


def proven(
    server: RunningServer, hitl: dict[str, Any], answer: dict[str, Any], device: Authenticator
) -> dict[str, Any]:
    """Return an answer with a passkey's evidence for it."""
    asked = challenged(server, hitl, answer)
    return {**answer, "verification_evidence": [evidence(device.sign(asked["passkey"]), asked["challenge"])]}


def respond(server: RunningServer, hitl: dict[str, Any], body: dict[str, Any]) -> httpx2.Response:
    """Submit as the review page does."""
    url = f"/reviews/{hitl['case_id']}/respond"
    return server.anyone.post(url, params={"token": token_of(hitl["review_url"])}, json=body)
