"""What a message says, before any platform has drawn it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from urllib.parse import urlsplit

from openhitl.agent.inline.case import MAX_URL_CHARACTERS, InlineCase
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import button_data
from openhitl.agent.inline.room import cut
from openhitl.agent.inline.wording import Words
from openhitl.client.origins import is_loopback
from openhitl.protocol.record import record

#: What platforms colour as going ahead, and as not.
GOING_AHEAD = frozenset({"approve", "confirm"})
STOPPING = frozenset({"reject", "abort"})


@record(frozen=True, slots=True, kw_only=True)
class Button:
    """A button that decides: its action, label and what it carries."""

    action: str
    label: str
    data: str


@record(frozen=True, slots=True, kw_only=True)
class Link:
    """The way to the review page. `embedded` asks to open it inside the chat, where that is possible."""

    url: str
    label: str
    embedded: bool = False

    def fits_button(self, most: int = MAX_URL_CHARACTERS) -> bool:
        """Tell whether a platform takes the address for a button, `most` being its longest.

        Platforms refuse hosts without a dot, and nobody else's device reaches this machine: such an
        address belongs into the text, where whoever sits here can copy it.
        """
        host = urlsplit(self.url).hostname or ""
        return len(self.url) <= most and "." in host and not is_loopback(self.url)


@record(frozen=True, slots=True, kw_only=True)
class Card:
    """One message.

    `prompt`, `body` and `name` are other people's text, which no platform may read as markup.
    `heading` and `note` are ours; `name` follows the note.
    """

    heading: str
    prompt: str
    body: str = ""
    note: str = ""
    name: str = ""
    buttons: tuple[Button, ...] = ()
    link: Link | None = None


def open_card(case: InlineCase, reference: str | None, words: Words, *, note: str = "") -> Card:
    """Show a case that is open; without a reference, with the link alone.

    `note` replaces the deadline.
    """
    heading = words[f"heading.{case.type}"]
    body = "\n\n".join(text for text in (case.message, case.details or "") if text)
    if case.expires_at and not note:
        note = words["open_until"].format(time=f"{case.expires_at.astimezone(UTC):%Y-%m-%d %H:%M}")
    link = Link(url=case.review_url, label=words[f"link.{case.link}"], embedded=case.link == "open")
    card = Card(heading=heading, prompt=case.prompt, body=body, note=note, link=link)
    if reference is None or not case.actions:
        return card
    if case.details is None:
        return undecidable(card, words)
    buttons = tuple(
        Button(action=action, label=words[f"button.{action}"], data=button_data(reference, action))
        for action in case.actions
    )
    return replace(card, buttons=buttons)


def card_after(
    case: InlineCase,
    outcome: PressOutcome,
    words: Words,
    *,
    reference: str | None = None,
    action: str = "",
    name: str = "",
) -> Card:
    """Show a case after a press: closed, still open with its buttons, or with the link alone.

    `name` is who answered: now (`accepted`), or before (`answered`), if that is known.
    HITL v0.8 §7.5 "Agent Behavior" 4–6.
    """
    if outcome.is_final:
        heading = words[f"heading.{case.type}"]
        if outcome is PressOutcome.ACCEPTED:
            note = f"{words[f'done.{action}']} {words['by']}"
        elif name:
            note = words["answered_by"]
        else:
            note = words[f"ended.{outcome}"]
        return Card(heading=heading, prompt=case.prompt, note=note, name=name)
    if outcome.may_try_again:
        return open_card(case, reference, words, note=words[f"{outcome}"])
    return open_card(case, None, words, note=words["refused"])


def fitted(card: Card, words: Words, most: int, measure: Callable[[Card], int]) -> Card:
    """Return the card, or as much of it as measures at most `most`.

    Nobody decides on a part of the question: a card that had to be cut has the link and no buttons.
    What is ours and the link always fit: both have their limits.
    """
    if measure(card) <= most:
        return card
    whole = undecidable(card, words) if card.link else card
    body = cut(whole.body, most, measure=lambda text: measure(replace(whole, body=text)))
    shorter = replace(whole, body=body)
    if measure(shorter) <= most:
        return shorter
    prompt = cut(whole.prompt, most, measure=lambda text: measure(replace(shorter, prompt=text)))
    return replace(shorter, prompt=prompt)


def undecidable(card: Card, words: Words) -> Card:
    """Return the card with the link alone, saying that there is more to read."""
    link = card.link
    if link and not link.embedded:
        link = replace(link, label=words["link.review"])
    return replace(card, buttons=(), note=words["more"], link=link)
