"""The pages where somebody allows a program something, or a device: asked every time, nothing remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_grants import Terms
from openhitl.protocol.record import record
from openhitl.protocol.redirects import Destination
from openhitl.review.pages.sheet import environment
from openhitl.review.pages.theme import PLAIN, Theme
from openhitl.review.pages.view import Page
from openhitl.words import words_for


@record(frozen=True, slots=True, kw_only=True)
class Look:
    """How a page looks: its language, the path prefix of the server, the theme."""

    language: str = "en"
    base: str = ""
    theme: Theme = PLAIN

    def draw(self, template: str, *, status: int = 200, form_target: str = "", **values: Any) -> Page:
        """Fill a template."""
        words = words_for(self.language)
        drawn = environment(words).get_template(template)
        html = drawn.render(words=words, base=self.base, theme=self.theme, **values)
        return Page(html, status, form_target)


@record(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody is asked to allow.

    Args:
        client_name: what the program says of itself; nobody has checked it.
        document: the host of its document, if it has one.
        destination: where the answer goes; None for a device.
        place, code: where a device is, and the code that it shows; empty for a program.
        person: who is asked.
        target: where the form is posted to.
        hidden: what the form carries.
    """

    client_name: str
    kind: ClientKind
    document: str = ""
    terms: Terms
    destination: Destination | None = None
    place: str = ""
    code: str = ""
    person: str
    target: str
    hidden: Mapping[str, str]


def render_consent(consent: Consent, look: Look) -> Page:
    """Draw the question whether a program, or a device, may be an agent of somebody's."""
    source = consent.destination.source if consent.destination else ""
    return look.draw("consent.html", form_target=source, consent=consent)


def render_device(look: Look, *, target: str, csrf: str, typed: str = "", problem: str = "") -> Page:
    """Draw the page where somebody types the code of a device.

    Args:
        problem: why the one before did not do: unknown, rate_limited; empty for none.
    """
    status = {"": 200, "rate_limited": 429}.get(problem, 404)
    return look.draw("device.html", status=status, target=target, csrf=csrf, typed=typed, problem=problem)


def render_device_decided(look: Look, *, is_allowed: bool) -> Page:
    """Draw what became of a device."""
    return look.draw("device_decided.html", is_allowed=is_allowed)


def render_not_asked(look: Look, *, reason: str) -> Page:
    """Draw the page for a program's request that cannot even be answered to the program. RFC 6749 §4.1.2.1.

    Args:
        reason: the error in a sentence, in English.
    """
    return look.draw("not_asked.html", status=400, reason=reason)
