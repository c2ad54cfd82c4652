"""What each platform's API takes, as its own documentation says: anything else is refused.

Telegram Bot API, Slack Block Kit, Discord API v10, WhatsApp Cloud API, Adaptive Cards 1.4 in Teams.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from openhitl.agent.inline import Call


class Refused(Exception):
    """The platform would answer 400."""


def need(condition: object, why: str) -> None:
    if not condition:
        raise Refused(why)


def units(text: str) -> int:
    """Count UTF-16 units; half a character cannot be sent at all."""
    return len(text.encode("utf-16-le")) // 2


def keys(value: Mapping[str, Any], allowed: str, needed: str = "") -> None:
    need(set(value) <= set(allowed.split()), f"unknown keys {set(value) - set(allowed.split())}")
    need(set(needed.split()) <= set(value), f"missing keys {set(needed.split()) - set(value)}")


def has_text(text: Any, most: int) -> None:
    need(isinstance(text, str) and text.strip(), "text is empty")
    need(units(text) <= most, f"text is longer than {most}")


def public_url(url: str, most: int) -> None:
    host = urlsplit(url).hostname or ""
    need(url.startswith(("https://", "http://")) and "." in host, "not a well formed URL")
    need(len(url) <= most, "URL is too long")


def check_telegram(call: Call) -> None:
    body = call.body
    need(call.method == "POST", "POST only")
    if call.path == "answerCallbackQuery":
        keys(body, "callback_query_id text show_alert", "callback_query_id")
        has_text(body["text"], 200)
        return
    if call.path == "getUpdates":
        keys(body, "offset timeout allowed_updates")
        return
    if call.path == "editMessageReplyMarkup":
        keys(body, "chat_id message_id reply_markup", "chat_id message_id")
        return
    keys(body, "chat_id message_id text entities link_preview_options reply_markup", "chat_id text")
    need(("message_id" in body) == (call.path == "editMessageText"), "message_id")
    need(call.path in ("sendMessage", "editMessageText"), "404")
    has_text(body["text"], 4096)
    for entity in body["entities"]:
        keys(entity, "type offset length", "type offset length")
        need(entity["type"] in ("bold", "pre", "code"), "entity type")
        need(entity["length"] > 0 and entity["offset"] >= 0, "empty entity")
        need(entity["offset"] + entity["length"] <= units(body["text"]), "entity beyond the text")
    for row in body.get("reply_markup", {"inline_keyboard": []})["inline_keyboard"]:
        need(0 < len(row) <= 8, "buttons in a row")
        for button in row:
            _telegram_button(button, private=isinstance(body["chat_id"], int) and body["chat_id"] > 0)


def _telegram_button(button: Mapping[str, Any], *, private: bool) -> None:
    keys(button, "text callback_data url web_app style", "text")
    has_text(button["text"], 64)
    need(len({"callback_data", "url", "web_app"} & set(button)) == 1, "exactly one of them")
    need(button.get("style", "primary") in ("primary", "success", "danger"), "style")
    if "callback_data" in button:
        need(1 <= len(button["callback_data"].encode()) <= 64, "BUTTON_DATA_INVALID")
    elif "url" in button:
        public_url(button["url"], 2048)
    else:
        need(private, "BUTTON_TYPE_INVALID")
        public_url(button["web_app"]["url"], 2048)
        need(button["web_app"]["url"].startswith("https://"), "only HTTPS links are allowed")


_SLACK_PLAIN = {"parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}


def check_slack(call: Call) -> None:
    body = call.body
    extra = {
        "chat.postMessage": "channel",
        "chat.update": "channel ts",
        "chat.postEphemeral": "channel user",
    }.get(call.path, "replace_original response_type")
    need(call.path.startswith("https://hooks.slack.com/") or "chat." in call.path, "unknown_method")
    keys(body, f"{extra} text blocks {' '.join(_SLACK_PLAIN)}", "text")
    need(all(body[name] == value for name, value in _SLACK_PLAIN.items()), "text would be looked up")
    has_text(body["text"], 4000)
    need("<" not in body["text"] and ">" not in body["text"], "control sequence")
    need(len(body.get("blocks", ())) <= 50, "too many blocks")
    for block in body.get("blocks", ()):
        _slack_block(block)


def _slack_block(block: Mapping[str, Any]) -> None:
    match block["type"]:
        case "header":
            _slack_plain(block["text"], 150)
        case "section":
            _slack_plain(block["text"], 3000)
        case "context":
            need(0 < len(block["elements"]) <= 10, "elements")
            for element in block["elements"]:
                _slack_plain(element, 2000)
        case "actions":
            need(0 < len(block["elements"]) <= 25, "elements")
            ids = [element["action_id"] for element in block["elements"]]
            need(len(set(ids)) == len(ids) and max(map(len, ids)) <= 255, "action_id")
            for element in block["elements"]:
                _slack_button(element)
        case other:
            raise Refused(f"block {other}")


def _slack_button(button: Mapping[str, Any]) -> None:
    keys(button, "type action_id text value url style", "type action_id text")
    _slack_plain(button["text"], 75)
    need(button.get("style", "primary") in ("primary", "danger"), "style")
    need(("value" in button) != ("url" in button), "a button that decides opens nothing")
    if "value" in button:
        has_text(button["value"], 2000)
    else:
        public_url(button["url"], 3000)


def _slack_plain(text: Mapping[str, Any], most: int) -> None:
    need(text["type"] == "plain_text" and text["emoji"] is False, "mrkdwn")
    has_text(text["text"], most)


def check_discord(call: Call) -> None:
    body = call.body
    keys(body, "content components allowed_mentions flags")
    need(call.method in ("POST", "PATCH"), "405")
    if "content" in body:
        has_text(body["content"], 2000)
        need(body["allowed_mentions"] == {"parse": []}, "everybody would be told")
        need(body["flags"] & 4, "links would be unfurled")
    need(len(body.get("components", ())) <= 5, "rows")
    ids = []
    for row in body.get("components", ()):
        need(row["type"] == 1 and 0 < len(row["components"]) <= 5, "buttons in a row")
        for button in row["components"]:
            need(button["type"] == 2, "component type")
            has_text(button["label"], 80)
            if button["style"] == 5:
                keys(button, "type style label url", "url")
                public_url(button["url"], 512)
            else:
                keys(button, "type style label custom_id", "custom_id")
                need(button["style"] in (1, 2, 3, 4), "style")
                need(1 <= len(button["custom_id"]) <= 100, "custom_id")
                ids.append(button["custom_id"])
    need(len(set(ids)) == len(ids), "custom_id twice")


def check_whatsapp(call: Call) -> None:
    body = call.body
    need((call.method, call.path) == ("POST", "messages"), "404")
    keys(body, "messaging_product recipient_type to type context interactive text", "to type")
    need(body["messaging_product"] == "whatsapp" and body["recipient_type"] == "individual", "(#100)")
    if body["type"] == "text":
        keys(body["text"], "preview_url body", "body")
        need(body["text"]["preview_url"] is False, "links would be unfurled")
        has_text(body["text"]["body"], 4096)
        return
    interactive = body["interactive"]
    keys(interactive, "type body action", "type body action")
    need(body["type"] == "interactive" and interactive["type"] == "button", "type")
    has_text(interactive["body"]["text"], 1024)
    buttons = interactive["action"]["buttons"]
    need(1 <= len(buttons) <= 3, "(#131009) buttons")
    for button in buttons:
        need(button["type"] == "reply", "type")
        has_text(button["reply"]["title"], 20)
        has_text(button["reply"]["id"], 256)
    for name in ("id", "title"):
        need(len({button["reply"][name] for button in buttons}) == len(buttons), f"{name} twice")


def check_teams(call: Call) -> None:
    body = call.body
    need(call.path.startswith("v3/conversations/") and call.method in ("POST", "PUT"), "404")
    # Libraries send what is not ASCII as escapes.
    need(len(json.dumps(body)) <= 28 * 1024, "MessageSizeTooBig")
    need(body["type"] == "message", "type")
    if "text" in body:
        keys(body, "type textFormat text", "textFormat")
        need(body["textFormat"] == "plain", "Markdown")
        return
    keys(body, "type attachments", "attachments")
    (attachment,) = body["attachments"]
    need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "contentType")
    card = attachment["content"]
    keys(card, "$schema type version body actions", "type version body")
    need((card["type"], card["version"]) == ("AdaptiveCard", "1.4"), "card")
    boxes = [block for block in card["body"] if block["type"] == "Container"]
    need(all(set(box) == {"type", "style", "items"} for box in boxes), "Container")
    lines = [line for box in boxes for line in box["items"]]
    for block in [*lines, *(block for block in card["body"] if block not in boxes)]:
        keys(block, "type inlines spacing", "type inlines")
        need(block["type"] == "RichTextBlock", "Markdown")
        (run,) = block["inlines"]
        keys(run, "type text weight size isSubtle", "type text")
        need(run["type"] == "TextRun" and run["text"], "run")
    need(len(card["actions"]) <= 6, "actions beyond the sixth are hidden")
    for action in card["actions"]:
        has_text(action["title"], 80)
        if action["type"] == "Action.OpenUrl":
            keys(action, "type title url", "url")
            public_url(action["url"], 2048)
        else:
            keys(action, "type title data style", "data")
            need(action["type"] == "Action.Submit", "action")
            need(action.get("style", "default") in ("default", "positive", "destructive"), "style")


CHECKS: Mapping[str, Callable[[Call], None]] = {
    "telegram": check_telegram,
    "slack": check_slack,
    "discord": check_discord,
    "whatsapp": check_whatsapp,
    "teams": check_teams,
}


def check(platform: str, call: Call) -> None:
    """Raise: Refused for what the platform would not take; UnicodeEncodeError for half a character."""
    json.dumps(call.body, ensure_ascii=False).encode()
    CHECKS[platform](call)
