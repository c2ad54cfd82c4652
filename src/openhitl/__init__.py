"""OpenHITL: any agent can ask a human, any service can demand one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openhitl.agent import HITL, Decision, OpenCase, Outcome, Receipt, SyncHITL
    from openhitl.agent.receipts import verify_receipt
    from openhitl.errors import AlreadyServed
    from openhitl.server.embedded import EmbeddedServer
    from openhitl.settings import Settings, load_settings

__version__ = "0.1.0"
__all__ = [
    "HITL",
    "AlreadyServed",
    "Decision",
    "EmbeddedServer",
    "OpenCase",
    "Outcome",
    "Receipt",
    "Settings",
    "SyncHITL",
    "__version__",
    "load_settings",
    "verify_receipt",
]

#: Where each name lives. It is loaded when first asked for, so that an agent never loads a server.
_HOMES = {
    "HITL": "openhitl.agent",
    "SyncHITL": "openhitl.agent",
    "Decision": "openhitl.agent",
    "OpenCase": "openhitl.agent",
    "Outcome": "openhitl.agent",
    "Receipt": "openhitl.agent",
    "verify_receipt": "openhitl.agent.receipts",
    "AlreadyServed": "openhitl.errors",
    "EmbeddedServer": "openhitl.server.embedded",
    "Settings": "openhitl.settings",
    "load_settings": "openhitl.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
