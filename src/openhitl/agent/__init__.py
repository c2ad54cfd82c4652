"""Ask a human from a program, and obey services that ask for one.

`HITL` (async) and `SyncHITL` ask through an OpenHITL server. `Waiting` and `SyncWaiting` follow what
any service that speaks the HITL Protocol answered; `openhitl.agent.transports` does so unseen, inside
an HTTP client. `openhitl.agent.receipts` verifies receipts. Importing this loads no server, store or
web framework.
"""

from openhitl.agent.asking import HITL
from openhitl.agent.blocking import SyncHITL
from openhitl.agent.questions import OpenCase
from openhitl.agent.replies import case_in
from openhitl.agent.telling import Telling
from openhitl.agent.updates import Update
from openhitl.agent.waiting import SyncWaiting, Waiting
from openhitl.protocol.incoming_forms import FormSummary
from openhitl.protocol.outcomes import SAFE_DEFAULTS, Decision, Outcome, Receipt

__all__ = [
    "HITL",
    "SAFE_DEFAULTS",
    "Decision",
    "FormSummary",
    "OpenCase",
    "Outcome",
    "Receipt",
    "SyncHITL",
    "SyncWaiting",
    "Telling",
    "Update",
    "Waiting",
    "case_in",
]
