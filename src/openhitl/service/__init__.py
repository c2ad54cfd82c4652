"""Ask a human from your own web service: its URLs, its data, its login, no second process.

`Reviews` is the core; `openhitl.service.asgi` and `openhitl.service.wsgi` mount its routes.
"""

from openhitl.protocol.outcomes import Outcome
from openhitl.review.pages import Theme
from openhitl.service.decided import CaseDecision
from openhitl.service.questions import (
    Question,
    approval,
    confirmation,
    escalation,
    form,
    sample,
    selection,
)
from openhitl.service.replies import Accepted, Reply, refusal
from openhitl.service.reviews import Reviews

__all__ = [
    "Accepted",
    "CaseDecision",
    "Outcome",
    "Question",
    "Reply",
    "Reviews",
    "Theme",
    "approval",
    "confirmation",
    "escalation",
    "form",
    "refusal",
    "sample",
    "selection",
]
