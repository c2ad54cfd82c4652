"""What a button says: always the verb. HITL v0.8 §10."""

from __future__ import annotations

from collections.abc import Mapping

VERBS: Mapping[str, str] = {
    "approve": "Approve",
    "edit": "Request changes",
    "reject": "Reject",
    "select": "Choose",
    "submit": "Send answers",
    "confirm": "Confirm",
    "cancel": "Do not confirm",
    "retry": "Retry",
    "skip": "Skip",
    "abort": "Abort",
}
#: An edit that is the content itself.
APPROVE_EDITED = "Approve with my edits"
