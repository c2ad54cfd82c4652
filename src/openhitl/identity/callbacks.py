"""The secrets that callbacks to an agent are signed with: derived, so that none is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from openhitl.keyring import Keyring
from openhitl.protocol.callbacks import secret_from_bytes


class CallbackSecrets:
    """Says the secrets of any agent.

    Args:
        generations: numbers an agent's secrets that are good at an instant, oldest first.
    """

    def __init__(
        self, keyring: Keyring, generations: Callable[[int, datetime], Awaitable[tuple[int, ...]]]
    ) -> None:
        self._keyring = keyring
        self._generations = generations

    async def live(self, agent_id: int, now: datetime) -> list[str]:
        """Return the secrets that are good now: one, or for a day after a rotation two, oldest first."""
        numbers = await self._generations(agent_id, now)
        return [callback_secret(self._keyring, agent_id, number) for number in numbers]


def callback_secret(keyring: Keyring, agent_id: int, generation: int) -> str:
    """Spell one secret of an agent."""
    return secret_from_bytes(keyring.callback_secret(agent_id, generation))
