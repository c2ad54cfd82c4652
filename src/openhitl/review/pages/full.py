"""The whole content as it was sent, as plain text, with the buttons that need nothing else."""

from __future__ import annotations

from openhitl.protocol.record import record
from openhitl.review.pages.approval import approve_label
from openhitl.review.pages.artifact import text_of
from openhitl.review.pages.confirmation import confirm_label, is_partial
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.problems import problem_list
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.suggestions import suggestions_of
from openhitl.review.pages.view import Page
from openhitl.review.pages.zone import raw_context


@record(frozen=True, slots=True, kw_only=True)
class Button:
    """A button of the action bar: posts `action`, or leads to `href`. `tone` is its look."""

    label: str
    tone: str = ""
    action: str = ""
    href: str = ""


def full_page(sheet: Sheet) -> Page:
    """Draw everything as escaped text; here deciding is possible whatever could not be drawn."""
    return sheet.draw(
        "full.html",
        frame=frame_of(sheet),
        texts=raw_texts(sheet),
        buttons=_buttons(sheet),
        problems=problem_list(sheet),
    )


def raw_texts(sheet: Sheet) -> list[tuple[str, str]]:
    """Spell the content under its own field names; text inside an artifact also as it reads.

    Nothing of an encrypted case: it says nothing to anybody here.
    """
    content = sheet.content
    if content.is_sealed:
        return []
    texts = [("message", content.message)] if content.message else []
    artifact = content.context.get("artifact")
    if isinstance(artifact, dict) and isinstance(artifact.get("content"), str):
        texts.append(("context.artifact.content", text_of(artifact["content"])))
    return [*texts, ("context", raw_context(sheet))]


def _buttons(sheet: Sheet) -> list[Button]:
    gettext, page = sheet.words.gettext, sheet.links.page
    match sheet.content.type:
        case "approval":
            return [
                Button(label=gettext("Reject…"), tone="danger", href=page(view="reject")),
                _deciding(sheet, approve_label(sheet), "approve"),
            ]
        case "confirmation" if not is_partial(sheet):
            return [
                Button(label=gettext("Don’t go ahead"), action="cancel"),
                _deciding(sheet, confirm_label(sheet), "confirm"),
            ]
        case "escalation":
            params = bool(sheet.context and (sheet.context.params or suggestions_of(sheet.context)))
            retry = Button(label=gettext("Retry…"), tone="primary", href=page(view="answer"))
            return [
                Button(label=gettext("Abort…"), tone="danger", href=page(view="abort")),
                Button(label=gettext("Skip…"), href=page(view="skip")),
                retry if params else Button(label=gettext("Retry"), tone="primary", action="retry"),
            ]
        case _ if sheet.context is None or _is_empty_selection(sheet):
            return [Button(label=gettext("I can’t answer this…"), href=page(view="cancel"))]
        case _:
            return [Button(label=gettext("Go on to answer"), tone="primary", href=page(view="answer"))]


def _deciding(sheet: Sheet, label: str, action: str) -> Button:
    """Make the button that decides; where the risk is high it leads to the page that asks again."""
    risk = frame_of(sheet).risk
    if risk and risk.is_high:
        return Button(label=f"{label}…", tone="primary", href=sheet.links.page(view="sure"))
    return Button(label=label, tone="primary", action=action)


def _is_empty_selection(sheet: Sheet) -> bool:
    return sheet.content.type == "selection" and not (sheet.context and sheet.context.items)
