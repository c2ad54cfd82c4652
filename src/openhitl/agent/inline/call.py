"""One request to a platform's API, for the agent to send with its own credential."""

from __future__ import annotations

from dataclasses import dataclass, field

from openhitl.protocol.case import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to send: JSON to a path of the platform's API.

    `path` comes after the address that holds the bot's credential or its version: Telegram
    `https://api.telegram.org/bot<token>/`, Slack `https://slack.com/api/`, Discord
    `https://discord.com/api/v10/`, WhatsApp `https://graph.facebook.com/v<n>/<phone number id>/`,
    Teams the activity's `serviceUrl`. A path that is a whole address (Slack's `response_url`) takes
    no credential.
    """

    method: str = "POST"
    path: str = field(repr=False)
    body: Json = field(repr=False)

    def url(self, base: str) -> str:
        """Return the address, `base` being the platform's as above."""
        return self.path if self.path.startswith("https://") else f"{base.rstrip('/')}/{self.path}"
