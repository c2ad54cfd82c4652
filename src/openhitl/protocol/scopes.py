"""What a credential of an agent or a service was made for. No scope lets anybody decide."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """What may be done: ask (and withdraw, and tell), read what was asked and answered."""

    ASK = "ask"
    READ = "read"


ALL_SCOPES = frozenset(Scope)


def parse_scopes(text: str) -> frozenset[Scope]:
    """Read scopes as they are stored, separated by spaces. RFC 6749 §3.3. Raises: ValueError."""
    return frozenset(Scope(word) for word in text.split())


def spelled(scopes: Iterable[Scope]) -> str:
    """Spell scopes in one order, separated by spaces."""
    return " ".join(sorted(scopes))
