"""What notifications say, in the words of whoever reads them, and no more than they want shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from openhitl.protocol.case import ReviewCase, Status
from openhitl.protocol.push.choices import PushChoices, Shows
from openhitl.protocol.push.messages import Button, PushMessage
from openhitl.protocol.record import record
from openhitl.protocol.visible import one_line, visible
from openhitl.store.records import Notice, StoredCase
from openhitl.words import N_, Words, words_for

#: When somebody who wants to be told later is told again.
LATER_AFTER = timedelta(minutes=10)
MAX_TITLE_CHARACTERS = 80
SEALED = "x-sealed"
_ENDED = {
    Status.COMPLETED: N_("Answered"),
    Status.EXPIRED: N_("Nobody answered in time"),
    Status.CANCELLED: N_("Withdrawn"),
}
_ASKED = {
    "approval": N_("Somebody has to approve something"),
    "selection": N_("Somebody has to choose something"),
    "input": N_("Somebody has to fill in something"),
    "confirmation": N_("Somebody has to confirm something"),
    "escalation": N_("Something went wrong and needs somebody"),
}


@record(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes to one person.

    Args:
        home: the address of this server's pages, without a trailing slash.
        badge: how many cases wait for them.
    """

    home: str
    choices: PushChoices
    badge: int

    @property
    def words(self) -> Words:
        return words_for(self.choices.language)

    def question(self, stored: StoredCase, buttons: Sequence[Button] = ()) -> PushMessage:
        """Say that a case waits."""
        gettext, content = self.words.gettext, stored.content
        reminds = stored.case.reminder_sent_at is not None
        title = gettext("A question still waits for you") if reminds else gettext("A question waits for you")
        body = gettext(_ASKED.get(content.type, N_("Open it to read it")))
        if self._shows(stored) is not Shows.GENERIC:
            title, body = self._of(content.agent), visible(content.prompt)
        if self._shows(stored) is Shows.FULL and content.message and content.message != content.prompt:
            body = f"{body}\n\n{visible(content.message)}"
        return self._about(stored.case, title, body, again=True, buttons=buttons)

    def ending(self, stored: StoredCase) -> PushMessage:
        """Say how a case ended: this takes the place of the question."""
        title = self.words.gettext(_ENDED[stored.case.status])
        body = self.words.gettext("This question needs nobody any more")
        if self._shows(stored) is not Shows.GENERIC:
            body = visible(stored.content.prompt)
            if stored.answer is not None and stored.answer.name:
                who = one_line(visible(stored.answer.name))
                title = self.words.gettext("Answered by %(name)s") % {"name": who}
        return self._about(stored.case, _cut(title), body, again=False)

    def notice(self, notice: Notice) -> PushMessage:
        """Say what an agent tells."""
        title = self.words.gettext("An agent tells you something")
        body = self.words.gettext("Open it to read it")
        if self.choices.shows is not Shows.GENERIC:
            title, body = self._of(notice.agent), visible(notice.message)
        return PushMessage(
            title=title,
            body=body,
            url=f"{self.home}/inbox/notices",
            tag=f"notice_{notice.number}",
            language=self.words.language,
            badge=self.badge,
        )

    def _shows(self, stored: StoredCase) -> Shows:
        """Of a sealed case, the server knows nothing that could be shown."""
        return Shows.GENERIC if stored.content.type == SEALED else self.choices.shows

    def _of(self, agent: str) -> str:
        return _cut(one_line(visible(agent))) or self.words.gettext("A question waits for you")

    def _about(
        self, case: ReviewCase, title: str, body: str, *, again: bool, buttons: Sequence[Button] = ()
    ) -> PushMessage:
        return PushMessage(
            title=title,
            body=body,
            url=f"{self.home}/review/{quote(case.case_id)}",
            tag=case.case_id,
            language=self.words.language,
            badge=self.badge,
            again=again,
            case_id=case.case_id,
            buttons=buttons,
        )


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TITLE_CHARACTERS else text[: MAX_TITLE_CHARACTERS - 1] + "…"
