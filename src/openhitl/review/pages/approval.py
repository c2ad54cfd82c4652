"""Approval: look at it, then approve, ask for changes, edit it or reject. HITL v0.8 §10.1."""

from __future__ import annotations

from openhitl.protocol.diffs import compare
from openhitl.review.pages.artifact import ArtifactView, artifact_of
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.labels import with_object
from openhitl.review.pages.problems import problem_list, typed
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page
from openhitl.review.pages.zone import is_complete, raw_context, zone_of


def approve_label(sheet: Sheet) -> str:
    """Say what the approving button does."""
    named = with_object("Approve", sheet.content.prompt, sheet.words)
    return named or sheet.words.gettext("Approve as shown")


def approval_page(sheet: Sheet) -> Page:
    """Draw the page to decide on."""
    artifact = artifact_of(sheet)
    return sheet.draw(
        "approval.html",
        frame=frame_of(sheet),
        zone=zone_of(sheet),
        artifact=artifact,
        can_decide=is_complete(sheet),
        primary=approve_label(sheet),
        feedback=typed(sheet, "feedback"),
        asks_changes=typed(sheet, "action") == "edit",
        problems=problem_list(sheet, (("data.feedback", "feedback"),)),
    )


def edit_page(sheet: Sheet) -> Page:
    """Draw the page where the person edits the artifact's text."""
    artifact = artifact_of(sheet)
    if artifact is None or not artifact.editable:
        return approval_page(sheet)
    return sheet.draw(
        "edit.html",
        frame=frame_of(sheet),
        artifact=artifact,
        text=edited_text(sheet, artifact),
        problems=problem_list(sheet),
    )


def edits_page(sheet: Sheet) -> Page:
    """Draw the page that shows the person's own edits as a diff, with the button that sends them."""
    artifact = artifact_of(sheet)
    if artifact is None or not artifact.editable:
        return approval_page(sheet)
    text = edited_text(sheet, artifact)
    return sheet.draw(
        "edits.html",
        frame=frame_of(sheet),
        changes=compare(artifact.source, text),
        text=text,
        feedback=typed(sheet, "feedback"),
        problems=problem_list(sheet),
    )


def sure_page(sheet: Sheet) -> Page:
    """Draw the second page that a risky approval asks for."""
    return sheet.draw(
        "sure.html",
        frame=frame_of(sheet),
        chosen=(),
        kept=(),
        raw=raw_context(sheet),
        action="approve",
        primary=approve_label(sheet),
        problems=problem_list(sheet),
    )


def edited_text(sheet: Sheet, artifact: ArtifactView) -> str:
    """Return the text as the person last had it."""
    posted = typed(sheet, "content")
    if posted:
        return posted
    drafted = sheet.view.draft.values.get("content") if sheet.view.draft else None
    return drafted if isinstance(drafted, str) else artifact.source
