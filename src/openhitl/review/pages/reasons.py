"""Pages that ask why: rejecting, skipping, aborting, or not answering at all."""

from __future__ import annotations

from openhitl.protocol.record import record
from openhitl.review.pages.escalation import suggested_reason
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.labels import with_object
from openhitl.review.pages.problems import problem_list, typed
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page


@record(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One way to say no: what the page says and which control carries the reason."""

    title: str
    explanation: str
    button: str
    action: str
    label: str
    name: str = "reason"


def reason_page(sheet: Sheet, action: str) -> Page:
    """Draw the page for `reject`, `skip`, `abort` or `cancel` (the human gives the case back)."""
    refusal = _refusal(sheet, action)
    return sheet.draw(
        "reason.html",
        frame=frame_of(sheet),
        title=refusal.title,
        explanation=refusal.explanation,
        button=refusal.button,
        action=refusal.action,
        name=refusal.name,
        label=refusal.label,
        needs_proof=action != "cancel" and sheet.proof is not None and action not in sheet.proof.free,
        target=sheet.links.cancel if action == "cancel" else sheet.links.respond,
        typed=suggested_reason(sheet) if action in ("skip", "abort") else typed(sheet, refusal.name),
        problems=problem_list(sheet),
    )


def _refusal(sheet: Sheet, action: str) -> Refusal:
    gettext = sheet.words.gettext
    why = gettext("Reason")
    if action == "reject":
        named = _rejected_object(sheet)
        return Refusal(
            title=gettext("Reject?"),
            explanation=gettext("The agent is told no and must not go ahead."),
            button=named or gettext("Reject"),
            action="reject",
            label=why,
            name="feedback",
        )
    if action == "skip":
        return Refusal(
            title=gettext("Skip this step?"),
            explanation=gettext("The agent leaves this step out and goes on with the next."),
            button=gettext("Skip this step"),
            action="skip",
            label=why,
        )
    if action == "abort":
        return Refusal(
            title=gettext("Abort?"),
            explanation=gettext("The agent stops the whole task."),
            button=gettext("Abort the task"),
            action="abort",
            label=why,
        )
    return Refusal(
        title=gettext("You can’t answer this?"),
        explanation=gettext(
            "The request is closed without an answer, and the agent is told so. "
            "This is neither a yes nor a no."
        ),
        button=gettext("Close without an answer"),
        action="",
        label=why,
    )


def _rejected_object(sheet: Sheet) -> str | None:
    approving = with_object("Approve", sheet.content.prompt, sheet.words)
    return approving.replace("Approve", "Reject", 1) if approving else None
