"""The five platforms, by name."""

from typing import Any

from openhitl.agent.inline import discord, slack, teams, telegram, whatsapp

PLATFORMS: dict[str, Any] = {
    "telegram": telegram,
    "slack": slack,
    "discord": discord,
    "whatsapp": whatsapp,
    "teams": teams,
}
