"""Questions that are asked twice: one case while the first asking lives, a new one after that."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from openhitl.cases.ledger import Ledger
from openhitl.errors import NotEnded
from openhitl.protocol.commands import Create
from openhitl.protocol.plain_answers import asks_for_text
from openhitl.store.records import StoredCase


class RequestDesk:
    """Gives every question that may be repeated the idempotency key of its present case."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock

    async def keyed(self, command: Create, request_key: str) -> Create:
        """Return the command so that it joins the live case of this key, or makes the next one."""
        agent_id, content = command.case.agent_id, command.content
        assert agent_id is not None
        case_key = await self._ledger.read(
            self._ledger.store.case_key,
            agent_id,
            hashlib.sha256(request_key.encode()).digest(),
            f"request:{secrets.token_hex(16)}",
            is_form=content.type == "input" and not asks_for_text(content.context),
            now=self._clock(),
        )
        return replace(command, idempotency_key=case_key)

    async def received(self, stored: StoredCase) -> None:
        """Note that whoever asked was told how a case ended. Raises: NotEnded."""
        case = stored.case
        assert case.agent_id is not None
        if not await self._ledger.read(
            self._ledger.store.end_request_key, case.agent_id, case.case_id, self._clock()
        ):
            raise NotEnded(case_id=case.case_id)
