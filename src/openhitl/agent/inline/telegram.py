"""Telegram: Bot API messages with inline keyboards. HITL v0.8 §7.7 "Telegram".

Nothing is parsed as markup: text goes without `parse_mode`, what is bold or boxed is named by
`entities`. Other people's text stands in `pre` and `code`, where Telegram finds no links, mentions or
commands.
"""

from __future__ import annotations

import re
from typing import Any

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.card import GOING_AHEAD, STOPPING, Button, Card, Link, fitted, open_card
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.ending import card_after_press, card_at_end, notice
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press, member, optional_member, person, read_data, spelt
from openhitl.agent.inline.room import cut, size
from openhitl.agent.inline.wording import ENGLISH, Words
from openhitl.errors import InvalidPress

VIA = "telegram_inline_button"
MAX_TEXT = 4096
MAX_ANSWER = 200
MAX_NUMBER = 2**63
_QUERY_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def render(case: InlineCase, reference: str | None, *, to: str | int, words: Words = ENGLISH) -> Call:
    """Spell a `sendMessage`; `to` is the chat's id, or the name of a channel.

    Selections and inputs open as a Mini App in private chats (a positive id), the only ones where
    Telegram takes `web_app` buttons.
    """
    card = _fitted(open_card(case, reference, words), words)
    keyboard = _keyboard(card, private=_is_private(to))
    body = {"chat_id": to, **_text(card), "link_preview_options": {"is_disabled": True}}
    return Call(path="sendMessage", body={**body, **({"reply_markup": keyboard} if keyboard else {})})


def parse(payload: Any) -> Press:
    """Read an update with a `callback_query`. Raises: InvalidPress."""
    query = member(payload, dict, "callback_query")
    reference, action = read_data(member(query, str, "data"))
    if member(query, dict, "from").get("is_bot"):
        raise InvalidPress("Only humans decide.")
    names = [optional_member(query, str, "from", name) or "" for name in ("first_name", "last_name")]
    username = optional_member(query, str, "from", "username")
    who = person("telegram", _number(query, "from", "id"), " ".join(names), username)
    place = Place(
        chat=_number(query, "message", "chat", "id"), message=_number(query, "message", "message_id")
    )
    return Press(
        reference=reference,
        action=action,
        who=who,
        submitted_via=VIA,
        place=place,
        answer={"callback_query_id": spelt(member(query, str, "id"), _QUERY_ID)},
    )


def update(
    case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str = "", words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell an `answerCallbackQuery`, without which the button spins on, and the changed message.

    A button that is no longer in use loses its keyboard.
    """
    said = cut(notice(outcome, press, words), MAX_ANSWER)
    answer = Call(
        path="answerCallbackQuery",
        body={**press.answer, "text": said, "show_alert": not outcome.is_final},
    )
    if outcome.changes_message and case:
        return answer, _edit(card_after_press(case, outcome, press, by=by, words=words), press.place, words)
    if outcome is PressOutcome.UNKNOWN:
        return answer, Call(path="editMessageReplyMarkup", body=_where(press.place))
    return (answer,)


def close(
    case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell an `editMessageText` for a case that ended elsewhere."""
    return (_edit(card_at_end(case, outcome, words), place, words),)


def _number(query: dict[str, Any], *path: str) -> str:
    number = member(query, int, *path)
    if abs(number) > MAX_NUMBER:
        raise InvalidPress("An identifier in the payload is not spelt like one.")
    return str(number)


def _edit(card: Card, place: Place, words: Words) -> Call:
    card = _fitted(card, words)
    keyboard = _keyboard(card, private=_is_private(_chat(place))) or {"inline_keyboard": []}
    return Call(
        path="editMessageText",
        body={
            **_where(place),
            **_text(card),
            "link_preview_options": {"is_disabled": True},
            "reply_markup": keyboard,
        },
    )


def _where(place: Place) -> dict[str, Any]:
    return {"chat_id": _chat(place), "message_id": int(place.message)}


def _is_private(chat: str | int) -> bool:
    return isinstance(chat, int) and chat > 0


def _chat(place: Place) -> str | int:
    """Spell a chat: a number, or the name of a channel."""
    return place.chat if place.chat.startswith("@") else int(place.chat)


def _fitted(card: Card, words: Words) -> Card:
    return fitted(card, words, MAX_TEXT, lambda one: size(_text(one)["text"]))


def _text(card: Card) -> dict[str, Any]:
    """Put text and entities together; offsets count UTF-16 units."""
    text, entities = "", []
    pieces = [(card.heading, "bold", ""), (card.prompt, "pre", "\n\n"), (card.body, "pre", "\n\n")]
    pieces += [(card.note, "", "\n\n"), (card.name, "code", " ")]
    if card.link and not card.link.fits_button():
        pieces.append((card.link.url, "", "\n\n"))
    for piece, kind, before in pieces:
        if piece:
            text += before if text else ""
            if kind:
                entities.append({"type": kind, "offset": size(text), "length": size(piece)})
            text += piece
    return {"text": text, "entities": entities}


def _keyboard(card: Card, *, private: bool) -> dict[str, Any]:
    rows = [[_button(one) for one in card.buttons]] if card.buttons else []
    if card.link and card.link.fits_button():
        rows.append([_link(card.link, private=private)])
    return {"inline_keyboard": rows} if rows else {}


def _button(button: Button) -> dict[str, Any]:
    spelt_button = {"text": button.label, "callback_data": button.data}
    if button.action in GOING_AHEAD:
        spelt_button["style"] = "success"
    elif button.action in STOPPING:
        spelt_button["style"] = "danger"
    return spelt_button


def _link(link: Link, *, private: bool) -> dict[str, Any]:
    if link.embedded and private and link.url.startswith("https://"):
        return {"text": link.label, "web_app": {"url": link.url}}
    return {"text": link.label, "url": link.url}
