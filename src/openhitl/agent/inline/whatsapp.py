"""WhatsApp: Cloud API messages with reply buttons. HITL v0.8 §7.7 "WhatsApp".

Reply buttons carry no addresses, so the review address is in the text. A sent message cannot be
changed: what came of a press is a new message that replies to it. WhatsApp has no way to escape its
markup, and links whatever looks like an address: in other people's text its signs become ones that
look alike, addresses are broken by brackets, and a bar before each line keeps lists and quotes from
being drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.card import Button, Card, fitted, open_card, undecidable
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.ending import card_after_press, notice
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press, member, optional_member, person, read_data, spelt
from openhitl.agent.inline.room import size
from openhitl.agent.inline.wording import ENGLISH, Words
from openhitl.errors import InvalidPress

VIA = "whatsapp_reply_button"
MAX_BODY = 1024
MAX_TEXT = 4096
MAX_BUTTONS = 3
#: Signs of markup, and what stands for them: an operator, a small letter, an operator, an accent.
_LOOK_ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_SCHEME = re.compile(r":(?=//)")
_DOT = re.compile(r"(?<=[^\W_])([.。．｡])(?=[^\W\d_]{2})")
_USER = re.compile(r"[A-Za-z0-9.]{1,128}")
_MESSAGE = re.compile(r"[A-Za-z0-9._=+/\-]{1,500}")


def render(case: InlineCase, reference: str | None, *, to: str | int, words: Words = ENGLISH) -> Call:
    """Spell a message; `to` is the person's number. It can only be sent within 24 hours of their last."""
    return _call(_message(_fitted(open_card(case, reference, words), words)), str(to))


def split(payload: Any) -> Iterator[dict[str, Any]]:
    """Yield a payload for each message in a webhook's body, which may hold many; `parse` reads one."""
    for entry in optional_member(payload, list, "entry") or ():
        for change in optional_member(entry, list, "changes") or ():
            value = optional_member(change, dict, "value") or {}
            for message in optional_member(value, list, "messages") or ():
                yield {
                    "object": payload.get("object"),
                    "entry": [
                        {"changes": [{"field": "messages", "value": {**value, "messages": [message]}}]}
                    ],
                }


def parse(payload: Any) -> Press:
    """Read a webhook's body with one `button_reply`. Raises: InvalidPress."""
    if member(payload, str, "object") != "whatsapp_business_account":
        raise InvalidPress
    if len(list(split(payload))) != 1:
        raise InvalidPress("The payload has no message, or more than one.")
    value = member(payload, dict, "entry", 0, "changes", 0, "value")
    message = member(value, dict, "messages", 0)
    if member(message, str, "interactive", "type") != "button_reply":
        raise InvalidPress
    reference, action = read_data(member(message, str, "interactive", "button_reply", "id"))
    sender = spelt(member(message, str, "from"), _USER)
    return Press(
        reference=reference,
        action=action,
        who=person("whatsapp", sender, _profile_name(value, sender)),
        submitted_via=VIA,
        place=Place(chat=sender, message=spelt(member(message, str, "context", "id"), _MESSAGE)),
        answer={"message_id": spelt(member(message, str, "id"), _MESSAGE)},
    )


def update(
    case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str = "", words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell a message that replies to the one with the buttons."""
    if outcome.changes_message and case:
        message = _message(_fitted(card_after_press(case, outcome, press, by=by, words=words), words))
    else:
        message = _plain(_escaped(notice(outcome, press, words)))
    return (_call({"context": {"message_id": press.place.message}, **message}, press.place.chat),)


def close(
    case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Nothing: what was sent stays, and a message that nobody waits for is no help."""
    return ()


def _profile_name(value: dict[str, Any], sender: str) -> str | None:
    for contact in optional_member(value, list, "contacts") or ():
        if optional_member(contact, str, "wa_id") == sender:
            return optional_member(contact, str, "profile", "name")
    return None


def _call(message: dict[str, Any], to: str) -> Call:
    head = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to}
    return Call(path="messages", body={**head, **message})


def _fitted(card: Card, words: Words) -> Card:
    if card.buttons and size(_text(card)) > MAX_BODY:
        # A message without buttons holds four times as much.
        card = undecidable(card, words)
    return fitted(card, words, MAX_BODY if card.buttons else MAX_TEXT, lambda one: size(_text(one)))


def _message(card: Card) -> dict[str, Any]:
    text = _text(card)
    if not card.buttons:
        return _plain(text)
    buttons = [_button(one) for one in card.buttons[:MAX_BUTTONS]]
    interactive = {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    return {"type": "interactive", "interactive": interactive}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "text", "text": {"preview_url": False, "body": text}}


def _text(card: Card) -> str:
    parts = [f"*{_escaped(card.heading)}*", _barred(card.prompt)]
    if card.body:
        parts.append(_barred(card.body))
    note = f"{_escaped(card.note)} {_escaped(card.name)}".strip()
    if note:
        parts.append(note)
    if card.link:
        parts.append(f"{_escaped(card.link.label)}:\n{card.link.url}")
    return "\n\n".join(parts)


def _barred(text: str) -> str:
    return "\n".join(f"│ {line}" for line in _escaped(text).split("\n"))


def _escaped(text: str) -> str:
    text = _EDGE_UNDERSCORE.sub("ˍ", text.translate(_LOOK_ALIKE))
    return _DOT.sub(r"[\1]", _SCHEME.sub("[:]", text))


def _button(button: Button) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": button.data, "title": button.label}}
