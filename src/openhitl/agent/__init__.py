"""Ask a human from a program: `HITL` (async) and `SyncHITL`.

Importing this loads no server, store or web framework. `openhitl.agent.receipts` verifies receipts.
"""

from openhitl.agent.asking import HITL
from openhitl.agent.blocking import SyncHITL
from openhitl.agent.decision import Decision, Outcome, Receipt
from openhitl.agent.questions import OpenCase
from openhitl.agent.waiting import Update

__all__ = ["HITL", "Decision", "OpenCase", "Outcome", "Receipt", "SyncHITL", "Update"]
