"""Slack: Block Kit messages. HITL v0.8 §7.7 "Slack".

All text in blocks is `plain_text`, where Slack reads no formatting, links or mentions. Of what the
specification would allow in a button's value, only the reference is there: the submit token stays here.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.card import GOING_AHEAD, STOPPING, Button, Card, Link, fitted, open_card
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.ending import card_after_press, card_at_end, notice
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press, member, optional_member, person, read_data, spelt
from openhitl.agent.inline.room import cut, size
from openhitl.agent.inline.wording import ENGLISH, Words
from openhitl.errors import InvalidPress
from openhitl.protocol.addresses import is_web_address

VIA = "slack_block_action"
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_FALLBACK = 300
_ID = re.compile(r"[A-Z0-9]{1,64}")
_TS = re.compile(r"[0-9]{1,20}\.[0-9]{1,20}")
_SLACK_HOSTS = (".slack.com", ".slack-gov.com")
#: The fallback text is shown where blocks are not; nothing in it is looked up or unfurled.
_PLAIN = {"parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}


def render(case: InlineCase, reference: str | None, *, to: str | int, words: Words = ENGLISH) -> Call:
    """Spell a `chat.postMessage`; `to` is the id of a channel or a user."""
    body = _message(_fitted(open_card(case, reference, words), words))
    return Call(path="chat.postMessage", body={"channel": str(to), **body, **_PLAIN})


def payload_in(form: bytes) -> Any:
    """Return the payload in the form that Slack posts. Raises: InvalidPress."""
    try:
        (payload,) = parse_qs(form.decode("ascii"), strict_parsing=True)["payload"]
        return json.loads(payload)
    except (ValueError, KeyError, RecursionError) as error:
        raise InvalidPress("The body is not a form with one payload.") from error


def parse(payload: Any) -> Press:
    """Read a `block_actions` payload. Raises: InvalidPress, also for the press of the link's button."""
    actions = member(payload, list, "actions")
    if member(payload, str, "type") != "block_actions" or len(actions) != 1:
        raise InvalidPress
    reference, action = read_data(member(payload, str, "actions", 0, "value"))
    user_id = spelt(member(payload, str, "user", "id"), _ID)
    names = (optional_member(payload, str, "user", name) for name in ("name", "username"))
    place = Place(
        chat=spelt(member(payload, str, "container", "channel_id"), _ID),
        message=spelt(member(payload, str, "container", "message_ts"), _TS),
    )
    response_url = optional_member(payload, str, "response_url")
    return Press(
        reference=reference,
        action=action,
        who=person("slack", user_id, *names),
        submitted_via=VIA,
        place=place,
        answer={"response_url": _checked(response_url)} if response_url else {},
    )


def update(
    case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str = "", words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell what goes to the press's `response_url`; without one, a `chat.update` or `chat.postEphemeral`."""
    url = press.answer.get("response_url")
    if outcome.changes_message and case:
        card = card_after_press(case, outcome, press, by=by, words=words)
        if not url:
            return (_edit(card, press.place, words),)
        message = {**_message(_fitted(card, words)), **_PLAIN}
        return (Call(path=url, body={"replace_original": True, **message}),)
    said = {"text": _escaped(notice(outcome, press, words)), **_PLAIN}
    if url:
        return (Call(path=url, body={"response_type": "ephemeral", "replace_original": False, **said}),)
    whom = {"channel": press.place.chat, "user": press.who.platform_user_id}
    return (Call(path="chat.postEphemeral", body={**whom, **said}),)


def close(
    case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell a `chat.update` for a case that ended elsewhere."""
    return (_edit(card_at_end(case, outcome, words), place, words),)


def _edit(card: Card, place: Place, words: Words) -> Call:
    body = _message(_fitted(card, words))
    return Call(path="chat.update", body={"channel": place.chat, "ts": place.message, **body, **_PLAIN})


def _checked(url: str) -> str:
    parts = urlsplit(url) if is_web_address(url) else None
    if parts is None or parts.scheme != "https" or not (parts.hostname or "").endswith(_SLACK_HOSTS):
        raise InvalidPress("The payload's response_url does not lead to Slack.")
    return url


def _fitted(card: Card, words: Words) -> Card:
    return fitted(card, words, MAX_SECTION, lambda one: max(size(one.prompt), size(one.body)))


def _message(card: Card) -> dict[str, Any]:
    note = f"{card.note} {card.name}".strip()
    blocks = [{"type": "header", "text": _plain(cut(card.heading, MAX_HEADER))}, _section(card.prompt)]
    if card.body:
        blocks.append(_section(card.body))
    if note:
        blocks.append({"type": "context", "elements": [_plain(note)]})
    elements = [_button(one) for one in card.buttons]
    if card.link and card.link.fits_button():
        elements.append(_link(card.link))
    elif card.link:
        blocks.append(_section(card.link.url))
    if elements:
        blocks.append({"type": "actions", "elements": elements})
    return {"text": _escaped(cut(f"{card.heading}: {card.prompt}", MAX_FALLBACK)), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _button(button: Button) -> dict[str, Any]:
    drawn = {
        "type": "button",
        "action_id": f"hitl:{button.action}",
        "text": _plain(button.label),
        "value": button.data,
    }
    if button.action in GOING_AHEAD:
        drawn["style"] = "primary"
    elif button.action in STOPPING:
        drawn["style"] = "danger"
    return drawn


def _link(link: Link) -> dict[str, Any]:
    return {"type": "button", "action_id": "hitl:page", "text": _plain(link.label), "url": link.url}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
