"""What a page says of a request that was refused: by its code, else by its status."""

from __future__ import annotations

from collections.abc import Mapping

from openhitl.protocol.record import record
from openhitl.words import N_, Words


@record(frozen=True, slots=True)
class Refusal:
    """What is said: a title, what it means, what to do. `path` is a page that helps, and `label` names it."""

    title: str
    explanation: str
    hint: str = ""
    path: str = ""
    label: str = ""

    def said(self, words: Words) -> Mapping[str, str]:
        """Say it in a language."""
        parts = {"title": self.title, "explanation": self.explanation, "hint": self.hint, "label": self.label}
        return {name: words.gettext(part) if part else "" for name, part in parts.items()}


_ANOTHER_LINK = N_("Open the link again from the message you got, or ask whoever sent it for a new one.")
#: Of an address at which there is nothing, whoever asks.
NO_SUCH_PAGE = "no_such_page"
#: Of a redirect that is not followed.
ELSEWHERE = "elsewhere"
_BY_CODE: Mapping[str, Refusal] = {
    NO_SUCH_PAGE: Refusal(
        N_("There is no such page"),
        N_("The address is wrong, or what was there has moved."),
        _ANOTHER_LINK,
    ),
    ELSEWHERE: Refusal(
        N_("The server sends you elsewhere"),
        N_("From here nothing leads to another place than your server. It names:"),
    ),
    "server_unreachable": Refusal(
        N_("The server cannot be reached"),
        N_("Try again when there is a connection."),
    ),
    "sign_in_required": Refusal(
        N_("You are not signed in"),
        N_("Your session has ended, here or from another device. Nothing was changed."),
        path="/sign-in",
        label=N_("Sign in"),
    ),
    "sign_in_failed": Refusal(
        N_("You are not signed in"),
        N_("Your account here is not in use. Ask an owner of this server."),
        path="/sign-in",
        label=N_("Sign in"),
    ),
    "sso_failed": Refusal(
        N_("You are not signed in"),
        N_("That was begun elsewhere or too long ago, or you were not let in there."),
        path="/sign-in",
        label=N_("Sign in"),
    ),
    "sso_refused": Refusal(
        N_("Nobody here is connected with that account"),
        N_("Sign in otherwise, and connect the two on your account’s page."),
        N_("If you have no account here, ask an owner of this server for an invitation."),
        path="/sign-in",
        label=N_("Sign in"),
    ),
    "subject_taken": Refusal(
        N_("Nothing was changed"),
        N_("Somebody else here is connected with that account."),
        path="/account",
        label=N_("Your account"),
    ),
    "provider_failed": Refusal(
        N_("You are not signed in"),
        N_("The service that signs you in does not answer as it should. Try again in a minute."),
        path="/sign-in",
        label=N_("Sign in"),
    ),
    "cross_site": Refusal(
        N_("Nothing was changed"),
        N_("This did not come from a page that you have open here."),
        N_("Go back, reload the page and try again."),
    ),
    "not_assignee": Refusal(
        N_("Somebody else has been asked"),
        N_("You are signed in, but this question is not for you to answer."),
        N_("If it should be, sign in as somebody who was asked, or tell whoever sent you the link."),
        path="/account",
        label=N_("Your account"),
    ),
    "not_owner": Refusal(
        N_("This is for owners"),
        N_("Only owners of this server may do this. Ask one of them."),
        path="/account",
        label=N_("Your account"),
    ),
    "last_owner": Refusal(
        N_("Nothing was changed"),
        N_("Somebody has to stay the owner of this server. Make somebody else an owner first."),
        path="/people",
        label=N_("People"),
    ),
}
_LINK = Refusal(
    N_("This link does not work"),
    N_("It is incomplete, no longer valid, or its request has been deleted."),
    _ANOTHER_LINK,
)
_TOO_MANY = Refusal(N_("Too many requests"), N_("Please wait a minute and reload this page."))
_OURS = Refusal(
    N_("Something went wrong here"),
    N_("Your answer may not have been recorded. Reload the page to see."),
)
_USUAL = Refusal(N_("This could not be done"), N_("Go back, check what you typed, and try again."))


def refusal_of(code: str, status: int) -> Refusal:
    """Find what is said of an error."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in (401, 403, 404):
        return _LINK
    if status == 429:
        return _TOO_MANY
    return _OURS if status >= 500 else _USUAL
