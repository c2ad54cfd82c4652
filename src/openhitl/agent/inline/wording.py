"""The words around a question in a chat: all of them here, each replaceable.

A desk takes a mapping that replaces some of `ENGLISH`, for instance `GERMAN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from openhitl.errors import SetupError

Words = Mapping[str, str]

#: WhatsApp's limit, the smallest of all; and a label must differ from the ones beside it there.
MAX_LABEL_CHARACTERS = 20
MAX_WORDS_CHARACTERS = 120

ENGLISH: Words = MappingProxyType(
    {
        "heading.approval": "Approval needed",
        "heading.selection": "A choice is needed",
        "heading.input": "Details are needed",
        "heading.confirmation": "Confirmation needed",
        "heading.escalation": "Something went wrong",
        "button.approve": "Approve",
        "button.reject": "Reject",
        "button.confirm": "Confirm",
        "button.cancel": "Cancel",
        "button.retry": "Retry",
        "button.skip": "Skip",
        "button.abort": "Abort",
        "link.review": "Review",
        "link.approval": "Review & Approve",
        "link.edit": "Review & Edit",
        "link.confirmation": "View Details",
        "link.escalation": "View Error Details",
        "link.open": "Open",
        "open_until": "Open until {time} UTC",
        "more": "There is more to read than fits here. Decide on the review page.",
        "by": "by",
        "done.approve": "Approved",
        "done.reject": "Rejected",
        "done.confirm": "Confirmed",
        "done.cancel": "Cancelled",
        "done.retry": "To be tried again",
        "done.skip": "To be skipped",
        "done.abort": "To be aborted",
        "ended.answered": "This was already answered.",
        "answered_by": "Already answered by",
        "ended.cancelled": "This question was withdrawn.",
        "ended.expired": "The time to answer is over.",
        "refused": "This cannot be decided here. Open the review page.",
        "busy": "Too many answers at once. Nothing was decided; press again in a while.",
        "unavailable": "The service does not answer. Press again, or open the review page.",
        "unknown": "This button is no longer in use.",
        "not_allowed": "You may not decide this.",
    }
)

GERMAN: Words = MappingProxyType(
    {
        "heading.approval": "Freigabe nötig",
        "heading.selection": "Eine Auswahl ist nötig",
        "heading.input": "Angaben sind nötig",
        "heading.confirmation": "Bestätigung nötig",
        "heading.escalation": "Etwas ist schiefgegangen",
        "button.approve": "Freigeben",
        "button.reject": "Ablehnen",
        "button.confirm": "Bestätigen",
        "button.cancel": "Abbrechen",
        "button.retry": "Wiederholen",
        "button.skip": "Überspringen",
        "button.abort": "Beenden",
        "link.review": "Ansehen",
        "link.approval": "Ansehen und freigeben",
        "link.edit": "Ansehen und ändern",
        "link.confirmation": "Einzelheiten",
        "link.escalation": "Fehler ansehen",
        "link.open": "Öffnen",
        "open_until": "Offen bis {time} UTC",
        "more": "Hier steht nicht alles. Bitte auf der Prüfseite entscheiden.",
        "by": "von",
        "done.approve": "Freigegeben",
        "done.reject": "Abgelehnt",
        "done.confirm": "Bestätigt",
        "done.cancel": "Abgebrochen",
        "done.retry": "Wird wiederholt",
        "done.skip": "Wird übersprungen",
        "done.abort": "Wird beendet",
        "ended.answered": "Das ist schon beantwortet.",
        "answered_by": "Schon beantwortet von",
        "ended.cancelled": "Diese Frage wurde zurückgezogen.",
        "ended.expired": "Die Zeit für eine Antwort ist abgelaufen.",
        "refused": "Das lässt sich hier nicht entscheiden. Bitte die Prüfseite öffnen.",
        "busy": "Zu viele Antworten auf einmal. Nichts wurde entschieden; bitte später noch einmal drücken.",
        "unavailable": "Der Dienst antwortet nicht. Bitte noch einmal drücken oder die Prüfseite öffnen.",
        "unknown": "Dieser Knopf gilt nicht mehr.",
        "not_allowed": "Das dürfen Sie nicht entscheiden.",
    }
)


def wording(replaced: Words | None) -> Words:
    """Return all words, some of them replaced.

    Raises: SetupError for a name that `ENGLISH` does not have, for words that are blank or longer than
    120 characters, and for button labels that are longer than 20 or the same.
    """
    words = {**ENGLISH, **(replaced or {})}
    unknown = sorted(set(words) - set(ENGLISH))
    if unknown:
        raise SetupError(f"There are no such words: {', '.join(unknown)}.")
    for name, text in words.items():
        most = MAX_LABEL_CHARACTERS if name.startswith("button.") else MAX_WORDS_CHARACTERS
        if not text.strip() or len(text) > most:
            raise SetupError(f"{name} must have 1 to {most} characters.")
    labels = [text for name, text in words.items() if name.startswith("button.")]
    if len(set(labels)) < len(labels):
        raise SetupError("Two buttons have the same label.")
    return MappingProxyType(words)
