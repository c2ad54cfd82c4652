"""What a program can collect from everything that it is told, and make of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import httpx2

from openhitl.protocol.tokens import Purpose

_TOKEN = re.compile(r"hitl[a-z]_[A-Za-z0-9_-]{43}|whsec_[A-Za-z0-9+/=]+|eyJ[\w-]+\.[\w-]+\.[\w-]*")
_CHALLENGE = re.compile(r'"(?:challenge|ticket)" ?[:=] ?"([^"]+)"')


@dataclass
class Loot:
    """Secrets by how they look, in the order in which they were found."""

    found: dict[str, None] = field(default_factory=dict)

    def take(self, response: httpx2.Response) -> httpx2.Response:
        """Look through all that came."""
        told = f"{response.text} {json.dumps(list(response.headers.items()))}"
        for secret in (*_TOKEN.findall(told), *_CHALLENGE.findall(told)):
            self.found[secret] = None
        return response

    def kinds(self) -> list[str]:
        """Return the first and the last of each kind: what one of a kind cannot, none can."""
        by_kind: dict[str, list[str]] = {}
        for secret in self.found:
            kind = secret[:6] if secret.startswith("hitl") else secret[:3]
            by_kind.setdefault(kind, []).append(secret)
        return list(dict.fromkeys(one for found in by_kind.values() for one in (found[0], found[-1])))

    def with_other_names(self) -> list[str]:
        """Return those, and what has the form of a token under every other kind's name too."""
        kinds = self.kinds()
        named = [purpose + one[6:] for one in kinds if one.startswith("hitl") for purpose in Purpose]
        return list(dict.fromkeys([*kinds, *named]))
