"""What each platform sends when somebody presses a button, as its documentation shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

SLACK_RESPONSE_URL = "https://hooks.slack.com/actions/T0HITL/1/abc"


def telegram(data: str, *, chat: int = 42, message: int = 7, **user: Any) -> dict[str, Any]:
    return {
        "update_id": 10000,
        "callback_query": {
            "id": "4382000000000323029",
            "from": {
                "id": 123456789,
                "is_bot": False,
                "first_name": "Alice",
                "last_name": "Example",
                "username": "alice",
                "language_code": "en",
                **user,
            },
            "message": {
                "message_id": message,
                "from": {"id": 1, "is_bot": True, "first_name": "Agent"},
                "chat": {"id": chat, "type": "private", "first_name": "Alice"},
                "date": 1771581600,
                "text": "Approval needed",
            },
            "chat_instance": "-3216549870",
            "data": data,
        },
    }


def slack(
    data: str,
    *,
    chat: str = "C0CHANNEL",
    message: str = "1771581600.000200",
    response_url: str | None = SLACK_RESPONSE_URL,
    **user: Any,
) -> dict[str, Any]:
    payload = {
        "type": "block_actions",
        "user": {"id": "U0ALICE", "username": "alice", "name": "alice", "team_id": "T0HITL", **user},
        "api_app_id": "A0HITL",
        "container": {
            "type": "message",
            "message_ts": message,
            "channel_id": chat,
            "is_ephemeral": False,
        },
        "trigger_id": "1.2.abc",
        "team": {"id": "T0HITL", "domain": "example"},
        "channel": {"id": chat, "name": "deploys"},
        "message": {"type": "message", "ts": message, "text": "Approval needed"},
        "actions": [
            {
                "action_id": f"hitl:{data.rpartition(':')[2]}",
                "block_id": "x1",
                "text": {"type": "plain_text", "text": "Approve", "emoji": False},
                "value": data,
                "type": "button",
                "action_ts": "1771581601.000100",
            }
        ],
    }
    return payload if response_url is None else {**payload, "response_url": response_url}


def discord(
    data: str, *, chat: str = "845027738276462632", message: str = "1", direct: bool = False, **user: Any
) -> dict[str, Any]:
    who = {"id": "53908232506183680", "username": "alice", "global_name": "Alice Example", **user}
    return {
        "version": 1,
        "type": 3,
        "token": "unique_interaction_token",
        "id": "846462639134605312",
        "application_id": "845027738276462633",
        "channel_id": chat,
        "message": {"id": message, "channel_id": chat, "type": 0, "content": "…"},
        "data": {"component_type": 2, "custom_id": data, "id": 2},
        **({"user": who} if direct else {"guild_id": "290926798626357999", "member": {"user": who}}),
    }


def whatsapp(data: str, *, chat: str = "16505551234", message: str = "wamid.A1==") -> dict[str, Any]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
        "contacts": [{"profile": {"name": "Alice Example"}, "wa_id": chat}],
        "messages": [
            {
                "context": {"from": "15550783881", "id": message},
                "from": chat,
                "id": "wamid.B2==",
                "timestamp": "1771581600",
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": data, "title": "Approve"}},
            }
        ],
    }
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def teams(data: str, *, chat: str = "19:abc@thread.tacv2", message: str = "1771581600123") -> dict[str, Any]:
    return {
        "type": "message",
        "id": "f:2",
        "timestamp": "2026-02-20T10:00:00.123Z",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "channelId": "msteams",
        "from": {
            "id": "29:1abcdefghijklmnopqrstuvwxyz-0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "name": "Alice Example",
            "aadObjectId": "7faf8bf4-9a0d-4b9b-8f0a-1c1b2b3f4e5d",
        },
        "conversation": {"conversationType": "channel", "id": chat},
        "recipient": {"id": "28:agent", "name": "Agent"},
        "replyToId": message,
        "value": {"hitl": data},
        "locale": "en-US",
    }


PRESSES: Mapping[str, Any] = {
    "telegram": telegram,
    "slack": slack,
    "discord": discord,
    "whatsapp": whatsapp,
    "teams": teams,
}
#: Whom these say pressed: the id and the name. HITL v0.8 §7.5.
WHO = {
    "telegram": ("123456789", "Alice Example"),
    "slack": ("U0ALICE", "alice"),
    "discord": ("53908232506183680", "Alice Example"),
    "whatsapp": ("16505551234", "Alice Example"),
    "teams": ("7faf8bf4-9a0d-4b9b-8f0a-1c1b2b3f4e5d", "Alice Example"),
}
TO: Mapping[str, str | int] = {
    "telegram": 42,
    "slack": "C0CHANNEL",
    "discord": "845027738276462632",
    "whatsapp": "16505551234",
    "teams": "19:abc@thread.tacv2",
}


def buttons_of(platform: str, body: Mapping[str, Any]) -> dict[str, str]:
    """Find the buttons that decide in a message: what each carries, by its label."""
    match platform:
        case "telegram":
            rows = body.get("reply_markup", {}).get("inline_keyboard", [])
            return {b["text"]: b["callback_data"] for row in rows for b in row if "callback_data" in b}
        case "slack":
            rows = [block["elements"] for block in body["blocks"] if block["type"] == "actions"]
            return {b["text"]["text"]: b["value"] for row in rows for b in row if "value" in b}
        case "discord":
            rows = [row["components"] for row in body["components"]]
            return {b["label"]: b["custom_id"] for row in rows for b in row if "custom_id" in b}
        case "whatsapp":
            found = body.get("interactive", {"action": {"buttons": []}})["action"]["buttons"]
            return {b["reply"]["title"]: b["reply"]["id"] for b in found}
        case _:
            actions = body["attachments"][0]["content"]["actions"] if "attachments" in body else []
            return {b["title"]: b["data"]["hitl"] for b in actions if b["type"] == "Action.Submit"}


def text_of(platform: str, body: Mapping[str, Any]) -> str:
    """Read everything that a message shows or opens, as one text."""
    if platform == "whatsapp":
        return body["text"]["body"] if "text" in body else body["interactive"]["body"]["text"]
    return "\n".join(_strings(body))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


def form_of_slack(payload: Mapping[str, Any]) -> bytes:
    """Spell a payload as the form that Slack posts."""
    escaped = "".join(f"%{byte:02X}" for byte in json.dumps(payload).encode())
    return b"payload=" + escaped.encode()
