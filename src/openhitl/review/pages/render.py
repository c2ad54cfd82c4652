"""From a view to a page: which page a case, its status and the query ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from openhitl.protocol.case import Json
from openhitl.protocol.compact import compact
from openhitl.protocol.preferences import USUAL, Preferences
from openhitl.review.pages import approval, confirmation, escalation, form
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.full import full_page
from openhitl.review.pages.outcome import outcome_page
from openhitl.review.pages.reasons import reason_page
from openhitl.review.pages.refusals import refusal_of
from openhitl.review.pages.selection import selection_page
from openhitl.review.pages.sheet import Sheet, environment, open_sheet
from openhitl.review.pages.theme import PLAIN, Theme
from openhitl.review.pages.view import Page, PageView
from openhitl.words import N_, Words, words_for

_Draw = Callable[[Sheet], Page]

_MAIN: Mapping[str, _Draw] = {
    "approval": approval.approval_page,
    "selection": selection_page,
    "input": form.form_page,
    "confirmation": confirmation.confirmation_page,
    "escalation": escalation.escalation_page,
}

#: Pages beside the main one, by review type and `view`.
_SIDE: Mapping[tuple[str, str], _Draw] = {
    ("approval", "edit"): approval.edit_page,
    ("approval", "edits"): approval.edits_page,
    ("approval", "sure"): approval.sure_page,
    ("approval", "reject"): lambda sheet: reason_page(sheet, "reject"),
    ("confirmation", "sure"): confirmation.sure_page,
    ("escalation", "retry"): escalation.retry_page,
    ("escalation", "skip"): lambda sheet: reason_page(sheet, "skip"),
    ("escalation", "abort"): lambda sheet: reason_page(sheet, "abort"),
}


def render_review(view: PageView, *, words: Words | None = None) -> Page:
    """Draw the review page of a case as the view asks. A GET changes nothing. HITL v0.8 §11.

    Args:
        words: in place of those of `view.language`.
    """
    sheet = open_sheet(view, words or words_for(view.language))
    if view.stored.case.is_final or view.now >= view.stored.case.expires_at:
        return outcome_page(sheet)
    if sheet.content.is_sealed:
        return sheet.draw("sealed.html", frame=frame_of(sheet))
    return _page_for(sheet)(sheet)


def _page_for(sheet: Sheet) -> _Draw:
    wanted = sheet.view.query.get("view", "")
    if wanted == "cancel":
        return lambda given: reason_page(given, "cancel")
    if wanted == "full" or sheet.context is None:
        return _SIDE.get((sheet.content.type, wanted), full_page)
    return _SIDE.get((sheet.content.type, wanted)) or _MAIN.get(sheet.content.type, form.form_page)


def render_registration(
    name: str,
    options: Json,
    *,
    token: str,
    home: str = "",
    language: str = "en",
    base: str = "",
    theme: Theme = PLAIN,
) -> Page:
    """Draw the page where somebody registers a passkey.

    Args:
        name: whose passkey it will be.
        options: those of `navigator.credentials.create`, as JSON.
        token: of the link that led here.
        home: where they go on to; nowhere without.
    """
    words = words_for(language)
    template = environment(words).get_template("registration.html")
    target = f"{base}/passkey?{urlencode({'token': token})}"
    html = template.render(
        words=words,
        base=base,
        theme=theme,
        name=name,
        home=home,
        options=compact(options).decode(),
        target=target,
    )
    return Page(html)


def render_error(
    code: str,
    status: int,
    language: str = "en",
    *,
    base: str = "",
    theme: Theme = PLAIN,
    look: Preferences = USUAL,
    has_inbox: bool = False,
    about: str = "",
) -> Page:
    """Draw the page for a request that was refused: a wrong link, a fault of ours, too many tries.

    Args:
        has_inbox: whether whoever sees it is signed in, and can go on to their inbox.
        about: what a stranger has named, to be shown as it is.
    """
    words = words_for(language)
    refusal = refusal_of(code, status)
    if has_inbox and not refusal.path:
        refusal = replace(refusal, path="/inbox", label=N_("Back to the inbox"))
    template = environment(words).get_template("error.html")
    html = template.render(
        words=words, base=base, theme=theme, look=look, path=refusal.path, about=about, **refusal.said(words)
    )
    return Page(html, status)
