"""What each platform's file offers."""

from __future__ import annotations

from typing import Any, Protocol

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press
from openhitl.agent.inline.wording import Words


class Platform(Protocol):
    """The modules `telegram`, `slack`, `discord`, `whatsapp` and `teams`. All of it is pure."""

    def render(self, case: InlineCase, reference: str | None, *, to: str | int, words: Words) -> Call:
        """Spell the message that asks; `to` is the chat as the platform names it.

        Without a reference it has no buttons.
        """

    def parse(self, payload: Any) -> Press:
        """Read the press of a button out of what the platform sent, its signature verified before.

        Raises: InvalidPress for anything else, and nothing else.
        """

    def update(
        self, case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str, words: Words
    ) -> tuple[Call, ...]:
        """Spell what answers a press: the message anew, or a word to whoever pressed.

        The case is needed for outcomes that change the message. `by` is who answered before, if the
        service said so.
        """

    def close(
        self, case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words
    ) -> tuple[Call, ...]:
        """Spell the message of a case that ended elsewhere; none where a platform cannot change it."""
