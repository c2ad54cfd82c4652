"""Notices: what agents tell their people and want no answer to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from openhitl.errors import NoDevice
from openhitl.protocol.case import Actor, Json
from openhitl.protocol.creation import CASE_ID
from openhitl.protocol.notices import PREFIX, notice_id, notice_number
from openhitl.protocol.problems import invalid, text_of
from openhitl.protocol.sealed.carried import NEUTRAL_NOTICE, check_envelope
from openhitl.protocol.timestamps import timestamp
from openhitl.store import Store
from openhitl.store.records import Notice
from openhitl.store.runner import Runner

MAX_MESSAGE_CHARACTERS = 2_000
MAX_ID_CHARACTERS = 100


class NoticeKind(StrEnum):
    """What a notice is about, for whoever sorts them."""

    INFO = "info"
    DONE = "done"
    WARNING = "warning"
    ERROR = "error"


class NoticeBoard:
    """All notices of one store.

    Args:
        run: runs what asks the store beside the event loop.
        admit: counts one more request of an agent; raises RateLimited if that is too many.
    """

    def __init__(
        self, store: Store, *, run: Runner, clock: Callable[[], datetime], admit: Callable[[int], None]
    ) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._admit = admit

    async def add(self, actor: Actor, agent_id: int, body: Json) -> dict[str, Any]:
        """Keep a notice of an agent; return the 201 body.

        Args:
            body: `message`, and perhaps `kind`; or an `envelope` that has both in it, and the `case_id`
                that stands in its head, without which devices would not know what to look for.

        Raises: InvalidRequest, RateLimited; NoDevice for an envelope that nobody could open.
        """
        self._admit(agent_id)
        envelope, sealed_id = body.get("envelope"), None
        for name in body:
            if name not in (("message", "kind") if envelope is None else ("envelope", "case_id")):
                invalid(name[:100], "is not a field of a notice")
        if envelope is None:
            kind, message = _kind(body.get("kind")), _message(body.get("message"))
        else:
            check_envelope(envelope, "envelope")
            sealed_id = None if body.get("case_id") is None else _sealed_id(body["case_id"])
            await self._check_devices(agent_id)
            kind, message = NoticeKind.INFO, NEUTRAL_NOTICE
        notice = await self._run(
            self._store.add_notice,
            agent_id,
            kind,
            message,
            actor.name or "",
            self._clock(),
            envelope=envelope,
            sealed_id=sealed_id,
        )
        return {"id": notice_id(notice.number), "created_at": timestamp(notice.created_at)}

    async def _check_devices(self, agent_id: int) -> None:
        people = await self._run(self._store.owners_of, agent_id)
        if not await self._run(self._store.have_devices, [person.person_id for person in people]):
            raise NoDevice

    async def listing(self, agent_id: int, *, before: str | None, limit: int) -> dict[str, Any]:
        """List an agent's notices, newest first; `before` is the id at which the page before ended.

        Raises: InvalidRequest.
        """
        number = None if before is None else notice_number(before)
        if before is not None and number is None:
            invalid("cursor", "is not the id of a notice")
        page = await self._run(self._store.list_notices, agent_id, before=number, limit=limit)
        spelled = [_spelled(notice) for notice in page]
        return {"notices": spelled, "next_cursor": spelled[-1]["id"] if len(page) == limit else None}


def _message(given: object) -> str:
    message = text_of(given, "message", least=1, most=MAX_MESSAGE_CHARACTERS)
    if message.isspace():
        invalid("message", "must not be blank")
    return message


def _sealed_id(given: object) -> str:
    sealed_id = text_of(given, "case_id", most=MAX_ID_CHARACTERS)
    if not sealed_id.startswith(PREFIX) or not CASE_ID.fullmatch(sealed_id):
        invalid("case_id", f"of an encrypted notice begins with {PREFIX}")
    return sealed_id


def _kind(given: object) -> NoticeKind:
    if given is None:
        return NoticeKind.INFO
    if given not in list(NoticeKind):
        invalid("kind", f"must be one of {', '.join(NoticeKind)}")
    return NoticeKind(str(given))


def _spelled(notice: Notice) -> dict[str, Any]:
    spelled = {
        "id": notice_id(notice.number),
        "kind": notice.kind,
        "message": notice.message,
        "agent": notice.agent,
        "created_at": timestamp(notice.created_at),
    }
    if notice.envelope is None:
        return spelled
    return {**spelled, "envelope": notice.envelope, "case_id": notice.sealed_id}
