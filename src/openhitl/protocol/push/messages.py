"""What a push says: Declarative Web Push, which Safari shows by itself and our service worker for others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.base64url import encode
from openhitl.protocol.compact import compact
from openhitl.protocol.push.encryption import MAX_PLAINTEXT_BYTES
from openhitl.protocol.record import record

#: RFC 8030 is what the number means. Push API "declarative push message".
_DECLARATIVE = 8030
_TOPIC_BYTES = 24  # RFC 8030 §5.4: at most 32 characters of base64url
_CUT = "…"


@record(frozen=True, slots=True, kw_only=True)
class Button:
    """A button of a notification. `token` lets its press do what it says; `url` is opened where it cannot."""

    name: str
    label: str
    url: str
    token: str = ""


@record(frozen=True, slots=True, kw_only=True)
class PushMessage:
    """A notification.

    Args:
        url: what a tap opens.
        tag: what it replaces a notification of.
        again: whether it calls for attention where it replaces one.
        badge: how many cases wait for this person.
        case_id: whom its buttons concern.
        browser: the number of the subscription.
        unsent: what is said where a press of a button could not be sent.
    """

    title: str
    body: str
    url: str
    tag: str
    language: str
    badge: int
    again: bool = True
    case_id: str = ""
    browser: int = 0
    unsent: str = ""
    buttons: Sequence[Button] = ()


def encoded(message: PushMessage) -> bytes:
    """Spell a message as JSON; one that is too long loses the end of its body."""
    spelled = compact(_spelled(message, message.body))
    excess = len(spelled) - MAX_PLAINTEXT_BYTES
    if excess <= 0:
        return spelled
    # What is escaped in JSON is longer there than here, so this takes off enough, or more.
    kept = message.body.encode()[: -(excess + len(_CUT.encode()))].decode(errors="ignore")
    return compact(_spelled(message, kept + _CUT))


def _spelled(message: PushMessage, body: str) -> Mapping[str, Any]:
    buttons = [{"action": one.name, "title": one.label, "navigate": one.url} for one in message.buttons]
    tokens = {one.name: one.token for one in message.buttons if one.token}
    return {
        "web_push": _DECLARATIVE,
        "notification": {
            "title": message.title,
            "body": body,
            "lang": message.language,
            "dir": "auto",
            "navigate": message.url,
            "tag": message.tag,
            "silent": not message.again,
            "actions": buttons,
            "data": {
                "case_id": message.case_id,
                "browser": message.browser,
                "tokens": tokens,
                "unsent": message.unsent,
            },
        },
        "app_badge": message.badge,
        "mutable": True,
    }


def topic_of(tag: str) -> str:
    """Name, for a push service, what a message replaces; it says nothing of it. RFC 8030 §5.4."""
    return encode(hashlib.sha256(tag.encode()).digest()[:_TOPIC_BYTES])
