"""The pages where somebody allows a program something, or a device: asked every time, nothing remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_grants import Standing, Terms
from openhitl.protocol.record import record
from openhitl.protocol.redirects import Destination
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.view import Page


@record(frozen=True, slots=True, kw_only=True)
class Consent:
    """What somebody is asked to allow.

    Args:
        client_name: what the program says of itself; nobody has checked it.
        document: the host of its document, if it has one.
        destination: where the answer goes; None for a device.
        place, code: where a device is, and the code that it shows; empty for a program.
        target: where the form is posted to.
        hidden: what the form carries beside what shows that it is ours.
    """

    client_name: str
    kind: ClientKind
    document: str = ""
    terms: Terms
    destination: Destination | None = None
    place: str = ""
    code: str = ""
    target: str
    hidden: Mapping[str, str]


def consent_page(desk: Desk, consent: Consent) -> Page:
    """Draw the question whether a program, or a device, may be an agent of somebody's."""
    page = desk.draw("consent.html", consent=consent)
    # Else Chromium would not follow the redirect that answers the form.
    return replace(page, form_target=consent.destination.source) if consent.destination else page


def device_page(desk: Desk, *, target: str, status: int | None = None) -> Page:
    """Draw the page where somebody types the code of a device."""
    return desk.draw("device.html", target=target, status=status)


def device_decided_page(desk: Desk, *, is_allowed: bool) -> Page:
    """Draw what became of a device."""
    return desk.draw("device_decided.html", is_allowed=is_allowed)


def programs_page(desk: Desk, standing: Sequence[Standing]) -> Page:
    """Draw which programs somebody has allowed to ask them."""
    return desk.draw("programs.html", standing=standing)


def not_asked_page(desk: Desk, *, reason: str, back: str = "") -> Page:
    """Draw the page for a program's request that is not in order. RFC 6749 §4.1.2.1.

    Args:
        reason: the error in a sentence, in English.
        back: where the program is told of it; empty where it cannot be told.
    """
    return desk.draw("not_asked.html", status=400, reason=reason, back=back)
