"""What was wrong with a post, tied to where on the page it can be mended."""

from __future__ import annotations

from collections.abc import Sequence

from openhitl.protocol.record import record
from openhitl.review.pages.sheet import Sheet
from openhitl.words import N_

#: What `errors` says of a draft that another device has changed.
CHANGED = N_("The draft was changed on another device.")
#: The message of a post that found its case closed.
TOO_LATE = N_("This was not sent: the question had been closed before.")


#: Messages of answers whose evidence did not do, by the error's code.
NOT_PROVEN = {
    "verification_required": N_(
        "This was not sent: it counts only with your passkey, which needs a browser that runs scripts."
    ),
    "verification_failed": N_(
        "This was not sent: that passkey does not prove it. Try again; use a passkey that is registered here."
    ),
    "verifier_unavailable": N_("This was not sent: the proof cannot be checked at the moment. Try again."),
}


@record(frozen=True, slots=True)
class Problem:
    """One thing to mend: what to say, and the element to jump to or another page ("" for none)."""

    message: str
    anchor: str = ""
    href: str = ""


def problem_list(sheet: Sheet, anchors: Sequence[tuple[str, str]] = ()) -> list[Problem]:
    """List what was wrong; `anchors` map a path's beginning to an element of the page."""
    problems = sheet.view.problems
    if problems is None:
        return []
    found = [Problem(sheet.words.gettext(problems.message))] if problems.message else []
    if problems.message == CHANGED:
        found += _both_versions(sheet)
    for error in problems.errors:
        path = str(error.get("path") or "")
        anchor = next((target for start, target in anchors if path.startswith(start)), "")
        found.append(Problem(_said(sheet, path, str(error.get("code") or "")), anchor))
    return found or [Problem(_said(sheet, "", ""))]


def _both_versions(sheet: Sheet) -> list[Problem]:
    """Say how to keep what is typed here, and where the other device's version is."""
    gettext, step = sheet.words.gettext, typed(sheet, "step")
    other = sheet.links.page(**{**sheet.view.query, "step": "" if step == "0" else step})
    return [
        Problem(gettext("What you typed is below. Press the button again to keep it instead.")),
        Problem(gettext("See the other version"), href=other),
    ]


def _said(sheet: Sheet, path: str, code: str) -> str:
    """Say an error of an answer that is no form. Pages rule out most by what they let people do."""
    gettext = sheet.words.gettext
    sentences = {
        ("data.confirmed_items", "wrong_count"): gettext(
            "Tick at least one item, or choose “Don’t go ahead”."
        ),
        ("data.feedback", "required"): gettext("Say what the agent should change."),
    }
    usual = gettext("This could not be sent. Please check it and try again.")
    return sentences.get((path, code), usual)


def typed(sheet: Sheet, name: str) -> str:
    """Return what the person had typed into a control before the post was refused."""
    return next(iter(typed_all(sheet, name)), "")


def typed_all(sheet: Sheet, name: str) -> list[str]:
    """Return all values the person had chosen under a name before the post was refused."""
    pairs = sheet.view.problems.pairs if sheet.view.problems else ()
    return [value.replace("\r\n", "\n") for key, value in pairs if key == name]
