"""What applies to whoever asks, and who may answer them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from openhitl.cases.ledger import Ledger
from openhitl.errors import NoDevice
from openhitl.protocol.case import ActorKind, Assurance
from openhitl.protocol.creation import Rules
from openhitl.protocol.people import Person, name_key
from openhitl.protocol.policies import PASSKEY

#: For how long it is believed that nobody has an account yet: another process may make the first.
TRUST_SECONDS = 0.5
#: Where nobody could sign in.
NO_RULES = Rules()


class Standing:
    """Reads the rules of askers and answerers.

    Args:
        providers: the names of whoever verifies evidence here.
        has_accounts: whether people can have accounts at all; embedded services have people of their own.
    """

    def __init__(
        self,
        ledger: Ledger,
        providers: Iterable[str],
        *,
        has_accounts: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._has_passkeys = PASSKEY in providers
        self._has_accounts = has_accounts
        self._monotonic = monotonic
        self._has_people = False
        self._nobody_until = 0.0

    async def has_people(self) -> bool:
        """Tell whether anybody has an account, which then stays so."""
        if not self._has_accounts:
            return False
        if not self._has_people and self._monotonic() >= self._nobody_until:
            self._has_people = await self._ledger.read(self._ledger.store.has_people)
            self._nobody_until = self._monotonic() + TRUST_SECONDS
        return self._has_people

    def somebody_joined(self) -> None:
        """Take note that somebody has an account now."""
        self._has_people = True

    async def rules(
        self, body: Any, kind: ActorKind, agent_id: int | None, wanted: Assurance | None
    ) -> Rules:
        """Say what applies to a create body. `wanted` is what the owners of the asker have set."""
        if agent_id is None or not await self.has_people():
            return NO_RULES
        is_agent = kind is ActorKind.AGENT
        usual = Assurance.SIGNED_IN if is_agent else Assurance.LINK
        assignable = {}
        if isinstance(body, dict) and body.get("assignees") is not None:
            people = await (self.owners(agent_id) if is_agent else self._everybody())
            assignable = {name_key(person.name): person.person_id for person in people}
        return Rules(
            least=max(usual, wanted or usual, key=list(Assurance).index),
            most=Assurance.PASSKEY if self._has_passkeys else Assurance.SIGNED_IN,
            assignable=assignable,
            picks_anybody=not is_agent,
        )

    async def owners(self, agent_id: int | None) -> Sequence[Person]:
        """List who may answer an agent's cases that name nobody."""
        return await self._ledger.read(self._ledger.store.owners_of, agent_id)

    async def check_devices(self, agent_id: int | None, assignees: Sequence[int]) -> None:
        """Check that somebody who would be asked has a device. Raises: NoDevice."""
        asked = assignees or [person.person_id for person in await self.owners(agent_id)]
        if not await self._ledger.read(self._ledger.store.have_devices, asked):
            raise NoDevice

    async def _everybody(self) -> Sequence[Person]:
        people = await self._ledger.read(self._ledger.store.people)
        return [person for person in people if person.disabled_at is None]

    async def may_answer(self, case_id: str, person_id: int) -> bool:
        """Tell whether a person may answer a case."""
        return await self._ledger.read(self._ledger.store.may_answer, case_id, person_id)
