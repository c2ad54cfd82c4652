"""What the human is shown, as one value whose digest binds the answer to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from openhitl.protocol import jcs
from openhitl.protocol.case import Content
from openhitl.protocol.timestamps import timestamp

#: The members of what is shown, each of which the case's creator sees under the same name.
SHOWN = (
    "case_id",
    "type",
    "prompt",
    "message",
    "context",
    "default_action",
    "expires_at",
    "agent",
    "previous_case_id",
)


def shown(case_id: str, content: Content, expires_at: datetime) -> dict[str, Any]:
    """Gather everything about a case that its page shows."""
    return {
        "case_id": case_id,
        "type": content.type,
        "prompt": content.prompt,
        "message": content.message,
        "context": content.context,
        "default_action": str(content.default_action),
        "expires_at": timestamp(expires_at),
        "agent": content.agent,
        "previous_case_id": content.previous_case_id,
    }


def with_shown_digest(case_id: str, content: Content, expires_at: datetime) -> Content:
    """Return the content with the digest of what is shown of it."""
    return replace(content, shown_digest=jcs.digest(shown(case_id, content, expires_at)))
