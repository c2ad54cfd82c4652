"""One page of accounts being made: for whom, in which words, and what was wrong with the last post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any

from openhitl.protocol.people import Method, Role, SignedIn
from openhitl.protocol.preferences import USUAL, Preferences
from openhitl.protocol.record import record
from openhitl.review.pages.moments import Moment, moment
from openhitl.review.pages.problems import Problem
from openhitl.review.pages.sheet import environment
from openhitl.review.pages.theme import PLAIN, Theme
from openhitl.review.pages.view import Page
from openhitl.words import N_, Words

#: What is said of a field, by its path and the code of what is wrong.
_SAID: Mapping[tuple[str, str], str] = {
    ("", "sign_in_failed"): N_("That did not let you in. Check the name and the password."),
    ("user_code", "not_found"): N_(
        "No device shows this code now. Codes are good for ten minutes, and once."
    ),
    ("user_code", "rate_limited"): N_("Too many tries. Wait two minutes, then try again."),
    ("code", "wrong_code"): N_("That is not the present code. Wait for the next one and try again."),
    ("name", ""): N_("Use 1 to 100 characters that can be seen."),
    ("name", "name_taken"): N_("Somebody has this name already. Choose another."),
    ("code", "not_found"): N_("No screen shows this code now. Codes are good for ten minutes, and once."),
    ("code", "rate_limited"): N_("Too many tries. Wait two minutes, then try again."),
    ("number", "wrong_number"): N_(
        "That is not the number. Look at the device again: after three wrong ones it is kept out."
    ),
    ("number", "device_key_taken"): N_("Its keys are another device’s. Let it make new ones."),
    ("number", "too_many_devices"): N_("You have as many devices as a list holds. Revoke one first."),
    ("called", ""): N_("Use 1 to 100 characters that can be seen."),
    ("zone", ""): N_("Choose a time zone from the list."),
    ("owner", ""): N_("Nobody of that name can sign in here."),
    ("password", "wrong_length"): N_("Use 15 to 1,000 characters. Several words are easy to remember."),
    ("password", "too_easy"): N_("That is too easy to guess. Several words do better."),
    ("kind", ""): N_("Choose who asks with it."),
    ("scopes", ""): N_("Tick at least one."),
    ("present", "sign_in_failed"): N_("That is not your present password."),
}
_USUAL = N_("This could not be saved. Please check it and try again.")


@record(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every page of accounts needs.

    Args:
        signed_in: who looks at it; None for whoever is not signed in.
        csrf: what its forms carry.
        mark: as in `PageView`.
        notice: one sentence that says what was just done.
        problems: (path, code) of what was wrong; the page is then sent with status 422.
        typed: what the person had typed, without anything secret.
    """

    words: Words
    now: datetime
    base: str = ""
    theme: Theme = PLAIN
    signed_in: SignedIn | None = None
    csrf: str = ""
    mark: str = ""
    notice: str = ""
    problems: Sequence[tuple[str, str]] = ()
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_owner(self) -> bool:
        return self.signed_in is not None and self.signed_in.person.role is Role.OWNER

    @property
    def look(self) -> Preferences:
        """How whoever is signed in wants pages to be."""
        return USUAL if self.signed_in is None else self.signed_in.preferences

    @property
    def installs(self) -> bool:
        """Whether this is a page of the app: all are for whoever is signed in."""
        return self.signed_in is not None

    def moment(self, instant: datetime) -> Moment:
        """Say an instant for this reader."""
        return moment(instant, now=self.now, words=self.words, zone=self.look.zone or None)

    def wrong(self, path: str) -> str:
        """Say what is wrong with a field; nothing if it is not."""
        return next((self._said(*problem) for problem in self.problems if problem[0] == path), "")

    def problem_list(self) -> list[Problem]:
        """List what was wrong, each with the field to mend."""
        return [Problem(self._said(path, code), path) for path, code in self.problems]

    def _said(self, path: str, code: str) -> str:
        return self.words.gettext(_SAID.get((path, code)) or _SAID.get((path, ""), _USUAL))

    def role_name(self, role: Role) -> str:
        """Say what somebody may do."""
        gettext = self.words.gettext
        return gettext("Owner") if role is Role.OWNER else gettext("Member")

    def method_name(self, method: Method) -> str:
        """Say how somebody proved who they are."""
        gettext = self.words.gettext
        names = {
            Method.PASSKEY: gettext("Signed in with a passkey"),
            Method.PASSWORD: gettext("Signed in with a password"),
            Method.PASSWORD_AND_CODE: gettext("Signed in with a password and a code"),
            Method.LINK: gettext("Signed in with a link"),
            Method.SSO: gettext("Signed in by single sign-on"),
            Method.PAIRING: gettext("Signed in from another device"),
        }
        return names[method]

    def draw(
        self, template: str, *, folder: str = "accounts", status: int | None = None, **values: Any
    ) -> Page:
        """Fill a template; a page with problems is sent as 422 unless told otherwise."""
        drawn = environment(self.words).get_template(f"{folder}/{template}")
        html = drawn.render(
            desk=self, base=self.base, theme=self.theme, words=self.words, look=self.look, **values
        )
        return Page(html, status or (422 if self.problems else 200), installs=self.installs, mark=self.mark)
