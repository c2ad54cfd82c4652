"""What people choose about being told."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from openhitl.protocol.brief import brief_actions
from openhitl.protocol.case import Content, Json, ReviewCase
from openhitl.protocol.problems import invalid
from openhitl.protocol.record import record

#: The button that has somebody told again.
LATER = "later"
LATER_AFTER = timedelta(minutes=10)
#: The setting that keeps the language of the browser that was told last.
LANGUAGE = "push_language"


class Shows(StrEnum):
    """What a notification says, since others may see a lock screen: that there is a question, which, all."""

    GENERIC = "generic"
    TITLE = "title"
    FULL = "full"


@record(frozen=True, slots=True, kw_only=True)
class PushChoices:
    """Somebody's choices, and the language that they read.

    `answers`: small questions may be answered by a button of the notification.
    """

    shows: Shows = Shows.GENERIC
    answers: bool = False
    language: str = "en"


def read_choices(settings: Json) -> PushChoices:
    """Read the choices among somebody's settings; what they have not chosen, or reads oddly, is as usual."""
    usual = PushChoices()
    shows, language = settings.get("push_shows"), settings.get("language") or settings.get(LANGUAGE)
    return PushChoices(
        shows=Shows(shows) if shows in list(Shows) else usual.shows,
        answers=settings.get("push_answers") is True,
        language=language if isinstance(language, str) else usual.language,
    )


def answers_offered(case: ReviewCase, content: Content, choices: PushChoices) -> tuple[str, ...]:
    """Name the answers that a notification may offer: of what it shows whole, to whoever wants them."""
    if choices.shows is not Shows.FULL or not choices.answers:
        return ()
    return brief_actions(content, case.assurance)


def spelled_choices(shows: object, *, answers: bool) -> dict[str, Any]:
    """Spell choices as they are kept among somebody's settings. Raises: InvalidRequest."""
    if shows not in list(Shows):
        invalid("shows", f"must be one of {', '.join(Shows)}")
    return {"push_shows": str(shows), "push_answers": answers}
