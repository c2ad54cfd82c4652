"""Discord: messages with components. HITL v0.8 §7.7 "Discord".

Every ASCII sign in other people's text is escaped, so that none is formatting, a link, masked or not,
or a mention; `allowed_mentions` is empty besides, and nothing is embedded.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.card import GOING_AHEAD, STOPPING, Button, Card, Link, fitted, open_card
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.ending import card_after_press, card_at_end, notice
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press, member, optional_member, person, read_data, spelt
from openhitl.agent.inline.room import size
from openhitl.agent.inline.wording import ENGLISH, Words
from openhitl.errors import InvalidPress

VIA = "discord_component"
MAX_CONTENT = 2000
MAX_BUTTON_URL = 512
#: Kinds of interactions, and of answers to them.
PING, COMPONENT = 1, 3
PONG, DEFERRED_UPDATE = 1, 6
_ACTION_ROW, _BUTTON = 1, 2
_GREY, _GREEN, _RED, _LINK = 2, 3, 4, 5
_NO_EMBEDS, _EPHEMERAL = 4, 64
_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_TOKEN = re.compile(r"[A-Za-z0-9_\-.=]{1,1000}")


def render(case: InlineCase, reference: str | None, *, to: str | int, words: Words = ENGLISH) -> Call:
    """Spell a new message; `to` is the channel's id."""
    body = _message(_fitted(open_card(case, reference, words), words))
    return Call(path=f"channels/{quote(str(to), safe='')}/messages", body=body)


def acknowledgement(payload: Any) -> dict[str, int]:
    """Answer an interaction at once, as Discord wants it within 3 seconds: a ping, or a press.

    Raises: InvalidPress.
    """
    kind = member(payload, int, "type")
    if kind == PING:
        return {"type": PONG}
    if kind == COMPONENT:
        return {"type": DEFERRED_UPDATE}
    raise InvalidPress


def parse(payload: Any) -> Press:
    """Read a component interaction. Raises: InvalidPress."""
    if member(payload, int, "type") != COMPONENT or member(payload, int, "data", "component_type") != _BUTTON:
        raise InvalidPress
    reference, action = read_data(member(payload, str, "data", "custom_id"))
    # HITL goes where people talk: a server has members, a direct message users.
    member_of = optional_member(payload, dict, "member")
    user = member(member_of or payload, dict, "user")
    if user.get("bot"):
        raise InvalidPress("Only humans decide.")
    user_id = spelt(member(user, str, "id"), _SNOWFLAKE)
    nick = optional_member(member_of, str, "nick")
    names = (nick, optional_member(user, str, "global_name"), optional_member(user, str, "username"))
    place = Place(
        chat=spelt(member(payload, str, "message", "channel_id"), _SNOWFLAKE),
        message=spelt(member(payload, str, "message", "id"), _SNOWFLAKE),
    )
    answer = {
        "application_id": spelt(member(payload, str, "application_id"), _SNOWFLAKE),
        "token": spelt(member(payload, str, "token"), _TOKEN),
    }
    return Press(
        reference=reference,
        action=action,
        who=person("discord", user_id, *names),
        submitted_via=VIA,
        place=place,
        answer=answer,
    )


def update(
    case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str = "", words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell what follows the `acknowledgement`, within 15 minutes.

    The message anew, or a word that only whoever pressed sees; a button that is no longer in use goes.
    """
    webhook = f"webhooks/{press.answer['application_id']}/{press.answer['token']}"
    original = f"{webhook}/messages/@original"
    if outcome.changes_message and case:
        body = _message(_fitted(card_after_press(case, outcome, press, by=by, words=words), words))
        return (Call(method="PATCH", path=original, body=body),)
    said = {
        "content": _escaped(notice(outcome, press, words)),
        "flags": _EPHEMERAL | _NO_EMBEDS,
        "allowed_mentions": {"parse": []},
    }
    whisper = Call(path=webhook, body=said)
    if outcome is PressOutcome.UNKNOWN:
        return Call(method="PATCH", path=original, body={"components": []}), whisper
    return (whisper,)


def close(
    case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell the change of a message whose case ended elsewhere."""
    body = _message(_fitted(card_at_end(case, outcome, words), words))
    return (Call(method="PATCH", path=f"channels/{place.chat}/messages/{place.message}", body=body),)


def _fitted(card: Card, words: Words) -> Card:
    return fitted(card, words, MAX_CONTENT, lambda one: size(_content(one)))


def _message(card: Card) -> dict[str, Any]:
    row = [_button(one) for one in card.buttons]
    if card.link and card.link.fits_button(MAX_BUTTON_URL):
        row.append(_link(card.link))
    return {
        "content": _content(card),
        "components": [{"type": _ACTION_ROW, "components": row}] if row else [],
        "allowed_mentions": {"parse": []},
        "flags": _NO_EMBEDS,
    }


def _content(card: Card) -> str:
    note = f"{card.note} {card.name}".strip()
    parts = [f"**{_escaped(card.heading)}**", _quoted(card.prompt)]
    if card.body:
        parts.append(_quoted(card.body))
    if note:
        parts.append(_escaped(note))
    if card.link and not card.link.fits_button(MAX_BUTTON_URL):
        parts.append(f"<{card.link.url}>")
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    """Box other people's text, so that it cannot pass for ours."""
    return "\n".join(f"> {line}" for line in _escaped(text).split("\n"))


def _escaped(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def _button(button: Button) -> dict[str, Any]:
    style = _GREEN if button.action in GOING_AHEAD else _RED if button.action in STOPPING else _GREY
    return {"type": _BUTTON, "style": style, "label": button.label, "custom_id": button.data}


def _link(link: Link) -> dict[str, Any]:
    return {"type": _BUTTON, "style": _LINK, "label": link.label, "url": link.url}
