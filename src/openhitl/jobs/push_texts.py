"""What notifications say, in the words of whoever reads them, and no more than they want shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from openhitl.protocol.case import Content, ReviewCase, Status
from openhitl.protocol.context import Context
from openhitl.protocol.notices import notice_id
from openhitl.protocol.push.choices import LATER, PushChoices, Shows, answers_offered
from openhitl.protocol.push.messages import Button, PushMessage
from openhitl.protocol.record import record
from openhitl.protocol.visible import one_line, visible
from openhitl.store.records import Notice, StoredCase
from openhitl.words import N_, Words, words_for

MAX_TITLE_CHARACTERS = 80
_ENDED = {
    Status.COMPLETED: N_("Answered"),
    Status.EXPIRED: N_("Nobody answered in time"),
    Status.CANCELLED: N_("Withdrawn"),
}
_ANSWERS = {
    "approve": N_("Approve"),
    "reject": N_("Reject"),
    "confirm": N_("Confirm"),
    "cancel": N_("Don’t go ahead"),
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
        browser: the number of the subscription.
        token: derives what a button needs, from a case's id and the button's name.
    """

    home: str
    choices: PushChoices
    badge: int
    browser: int
    token: Callable[[str, str], str]

    @property
    def words(self) -> Words:
        return words_for(self.choices.language)

    def question(self, stored: StoredCase) -> PushMessage:
        """Say that a case waits."""
        gettext, content = self.words.gettext, stored.content
        reminds = stored.case.reminder_sent_at is not None
        title = gettext("A question still waits for you") if reminds else gettext("A question waits for you")
        body = gettext(_ASKED.get(content.type, N_("Open it to read it")))
        if self._shows(stored) is not Shows.GENERIC:
            title, body = self._of(content.agent), visible(content.prompt)
        if self._shows(stored) is Shows.FULL:
            body = "\n".join([body, *self._beside(content)])
        return self._about(stored.case, title, body, again=True, buttons=self._buttons(stored))

    def _beside(self, content: Content) -> list[str]:
        """Say what a small question says beside its prompt; what is larger has to be opened anyway."""
        told = [visible(content.message)] if content.message not in ("", content.prompt) else []
        risk = Context.parse(content.type, content.context, lenient=True).risk
        if risk is not None:
            level = self.words.gettext("Risk: %(level)s") % {"level": visible(risk.level)}
            told.append(". ".join([level, *map(visible, risk.reasons)]))
        return told

    def _buttons(self, stored: StoredCase) -> Sequence[Button]:
        gettext, case_id = self.words.gettext, stored.case.case_id
        url = self._url(case_id)
        answers = answers_offered(stored.case, stored.content, self.choices)
        if answers:
            return [
                Button(name=one, label=gettext(_ANSWERS[one]), url=url, token=self.token(case_id, one))
                for one in answers
            ]
        later = Button(name=LATER, label=gettext("In 10 minutes"), url=url, token=self.token(case_id, LATER))
        return [Button(name="open", label=gettext("Open"), url=url), later]

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
        if self.choices.shows is not Shows.GENERIC and notice.envelope is None:
            title, body = self._of(notice.agent), visible(notice.message)
        return PushMessage(
            title=title,
            body=body,
            url=f"{self.home}/inbox/notices",
            tag=notice_id(notice.number),
            language=self.words.language,
            badge=self.badge,
        )

    def _shows(self, stored: StoredCase) -> Shows:
        """Of a sealed case, the server knows nothing that could be shown."""
        return Shows.GENERIC if stored.content.is_sealed else self.choices.shows

    def _of(self, agent: str) -> str:
        return _cut(one_line(visible(agent))) or self.words.gettext("A question waits for you")

    def _about(
        self, case: ReviewCase, title: str, body: str, *, again: bool, buttons: Sequence[Button] = ()
    ) -> PushMessage:
        return PushMessage(
            title=title,
            body=body,
            url=self._url(case.case_id),
            tag=case.case_id,
            language=self.words.language,
            badge=self.badge,
            again=again,
            case_id=case.case_id,
            browser=self.browser,
            unsent=self.words.gettext("Not sent: no connection."),
            buttons=buttons,
        )

    def _url(self, case_id: str) -> str:
        return f"{self.home}/review/{quote(case_id)}"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TITLE_CHARACTERS else text[: MAX_TITLE_CHARACTERS - 1] + "…"
