"""Buttons in chats: a case as a message of Telegram, Slack, Discord, WhatsApp or Teams, and its press
back to the service. HITL v0.8 §7.5, §7.7.

Importing this loads no server; only `discord_signature` loads a library beyond the client's.
"""

from openhitl.agent.inline import discord, slack, teams, telegram, whatsapp
from openhitl.agent.inline.call import Call
from openhitl.agent.inline.case import InlineCase, inline_case
from openhitl.agent.inline.desk import InlineDesk, Pressed
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.platform import Platform
from openhitl.agent.inline.press import Place, Press
from openhitl.agent.inline.sqlite_store import SqliteInlineStore
from openhitl.agent.inline.store import InlineStore, MemoryInlineStore
from openhitl.agent.inline.wording import ENGLISH, GERMAN

__all__ = [
    "ENGLISH",
    "GERMAN",
    "Call",
    "InlineCase",
    "InlineDesk",
    "InlineStore",
    "MemoryInlineStore",
    "Place",
    "Platform",
    "Press",
    "PressOutcome",
    "Pressed",
    "SqliteInlineStore",
    "discord",
    "inline_case",
    "slack",
    "teams",
    "telegram",
    "whatsapp",
]
