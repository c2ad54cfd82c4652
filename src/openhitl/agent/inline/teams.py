"""Microsoft Teams: Adaptive Cards sent by a bot. HITL v0.8 §7.7 "Microsoft Teams".

All text stands in text runs, the one element in which cards read no Markdown. Of what the
specification would allow in an action's data, only the reference is there: the submit token stays here.

The request that brings a press has a JWT in its Authorization header, signed by Microsoft; verify it as
"Authenticate requests from the Bot Connector" of the Azure Bot documentation says before `parse`.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from openhitl.agent.inline.call import Call
from openhitl.agent.inline.card import GOING_AHEAD, STOPPING, Button, Card, fitted, open_card
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.ending import card_after_press, card_at_end, notice
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Place, Press, member, optional_member, person, read_data
from openhitl.agent.inline.wording import ENGLISH, Words
from openhitl.errors import InvalidPress
from openhitl.protocol.addresses import is_web_address

VIA = "teams_adaptive_card"
#: Microsoft's limit is 28 KB; the rest is for what the sender's own library adds.
MAX_PAYLOAD_BYTES = 24 * 1024
MAX_ID = 500
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


def render(case: InlineCase, reference: str | None, *, to: str | int, words: Words = ENGLISH) -> Call:
    """Spell a new activity; `to` is the conversation's id."""
    card = _fitted(open_card(case, reference, words), words)
    return Call(path=_activities(str(to)), body=_activity(card))


def parse(payload: Any) -> Press:
    """Read the message activity that an `Action.Submit` sends. Raises: InvalidPress."""
    if member(payload, str, "type") != "message" or member(payload, str, "channelId") != "msteams":
        raise InvalidPress
    reference, action = read_data(member(payload, str, "value", "hitl"))
    sender = member(payload, dict, "from")
    user_id = optional_member(sender, str, "aadObjectId") or member(sender, str, "id")
    place = Place(
        chat=_identifier(member(payload, str, "conversation", "id")),
        message=_identifier(member(payload, str, "replyToId")),
    )
    return Press(
        reference=reference,
        action=action,
        who=person("teams", user_id, optional_member(sender, str, "name")),
        submitted_via=VIA,
        place=place,
        answer={"service_url": _service(member(payload, str, "serviceUrl"))},
    )


def update(
    case: InlineCase | None, outcome: PressOutcome, press: Press, *, by: str = "", words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell the changed activity, or a message; both go to the press's `answer["service_url"]`."""
    if outcome.changes_message and case:
        return (_edit(card_after_press(case, outcome, press, by=by, words=words), press.place, words),)
    said = {"type": "message", "textFormat": "plain", "text": notice(outcome, press, words)}
    return (Call(path=_activities(press.place.chat), body=said),)


def close(
    case: InlineCase, outcome: PressOutcome, place: Place, *, words: Words = ENGLISH
) -> tuple[Call, ...]:
    """Spell the change of an activity whose case ended elsewhere."""
    return (_edit(card_at_end(case, outcome, words), place, words),)


def _edit(card: Card, place: Place, words: Words) -> Call:
    path = f"{_activities(place.chat)}/{quote(place.message, safe='')}"
    return Call(method="PUT", path=path, body=_activity(_fitted(card, words)))


def _activities(conversation: str) -> str:
    return f"v3/conversations/{quote(conversation, safe='')}/activities"


def _identifier(value: str) -> str:
    if not 0 < len(value) <= MAX_ID or not value.isprintable():
        raise InvalidPress("An identifier in the payload is not spelt like one.")
    return value


def _service(url: str) -> str:
    if not url.startswith("https://") or not is_web_address(url):
        raise InvalidPress("The payload's serviceUrl is not one.")
    return url


def _fitted(card: Card, words: Words) -> Card:
    return fitted(card, words, MAX_PAYLOAD_BYTES, lambda one: len(json.dumps(_activity(one))))


def _activity(card: Card) -> dict[str, Any]:
    content = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": _blocks(card),
        "actions": _actions(card),
    }
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": content}]}


def _blocks(card: Card) -> list[dict[str, Any]]:
    note = f"{card.note} {card.name}".strip()
    # Other people's text stands in a box, so that it cannot pass for ours.
    theirs = {
        "type": "Container",
        "style": "emphasis",
        "items": [*_lines(card.prompt), *_lines(card.body)],
    }
    blocks = [_block(card.heading, weight="Bolder", size="Medium"), theirs]
    if note:
        blocks.append({**_block(note, isSubtle=True), "spacing": "Medium"})
    if card.link and not card.link.fits_button():
        blocks.append(_block(card.link.url))
    return blocks


def _lines(text: str) -> list[dict[str, Any]]:
    """Give every line its own block: a text run does not break lines everywhere."""
    if not text:
        return []
    first, *more = text.split("\n")
    return [
        {**_block(first), "spacing": "Medium"},
        *({**_block(line), "spacing": "None"} for line in more),
    ]


def _block(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text or " ", **style}]}


def _actions(card: Card) -> list[dict[str, Any]]:
    actions = [_submit(one) for one in card.buttons]
    if card.link and card.link.fits_button():
        actions.append({"type": "Action.OpenUrl", "title": card.link.label, "url": card.link.url})
    return actions


def _submit(button: Button) -> dict[str, Any]:
    drawn = {"type": "Action.Submit", "title": button.label, "data": {"hitl": button.data}}
    if button.action in GOING_AHEAD:
        drawn["style"] = "positive"
    elif button.action in STOPPING:
        drawn["style"] = "destructive"
    return drawn
