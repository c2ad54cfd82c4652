"""Asks what only people's devices can read, and believes only what one of those devices has answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from openhitl.agent.questions import OpenCase, Terms, request_body
from openhitl.agent.replies import accepted_case, shown_case
from openhitl.agent.sealed.people import Reader, Recipients, read_recipients
from openhitl.agent.sealed.questions import Randomness, SealedQuestion, read_answer, read_own, seal
from openhitl.client import requests
from openhitl.client.agent_keys import AgentKey
from openhitl.client.config import ClientConfig
from openhitl.client.exchange import json_object
from openhitl.client.pins import Pins
from openhitl.client.session import Session
from openhitl.errors import (
    CallerError,
    EnvelopeReplayed,
    IdempotencyMismatch,
    InvalidRequest,
    NotEncrypted,
    NotEndToEnd,
)
from openhitl.protocol.case import SEALED_TYPE, Json
from openhitl.protocol.context import Context
from openhitl.protocol.creation import Asking, parse_creation
from openhitl.protocol.incoming_forms import Values
from openhitl.protocol.notices import PREFIX
from openhitl.protocol.outcomes import Decision
from openhitl.protocol.problems import SUMMARY
from openhitl.protocol.sealed.box import write_key
from openhitl.protocol.sealed.envelope import seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys

#: How long devices take a notice for a new one.
NOTICE_LIFE = timedelta(days=30)
#: What a server answers at an address that it does not have.
UNKNOWN_PLACE = frozenset({404, 405})
#: What of a question the server has to know.
_OPEN_TERMS = (
    "timeout",
    "default_action",
    "reminder_at",
    "previous_case_id",
    "metadata",
    "verification_policy",
    "assurance",
    "assignees",
)
#: What of a question only devices read.
_SEALED_TERMS = ("type", "prompt", "message", "context", "timeout", "default_action")
#: What makes two questions one.
_SAME = ("type", "prompt", "message", "context", "default_action")


class SealedDesk:
    """One agent's encrypted questions at one server."""

    def __init__(self, config: ClientConfig, session: Session) -> None:
        self._server = config.server_url
        self._session = session
        self._key = AgentKey(config.logins.folder)
        self._pins = Pins(config.logins.folder, config.server_url)
        self._keys: Keys | None = None
        self._is_registered = False
        self._told: set[str] = set()

    async def create(self, prompt: str, question: Json, terms: Terms, agent_name: str | None) -> OpenCase:
        """Make a case, and return it as it reads in the clear.

        Raises: NoDevice, NewPerson, InvalidDeviceList; InvalidRequest for a question that is none.
        """
        keys = await self._registered()
        case = await self._ask(prompt, question, terms, agent_name, keys)
        if case is None:  # what was asked before has ended, and nobody was told: that ends it
            case = await self._ask(prompt, question, terms, agent_name, keys)
        if case is None:
            raise EnvelopeReplayed("The server joins a question that has ended long ago.")
        return case

    async def _ask(
        self, prompt: str, question: Json, terms: Terms, agent_name: str | None, keys: Keys
    ) -> OpenCase | None:
        """Ask once; None where that joined a question whose deadline has passed, which is told now."""
        found = await self.recipients(terms.get("assignees") or ())
        body = request_body(prompt, question, terms)
        inside, expires_at = _checked(body, found, agent_name)
        head = Head(case_id=found.case_id, direction=Direction.REQUEST, expires_at=expires_at)
        names = {key: reader.name for key, reader in found.devices.items()}
        envelope, asked = seal(head, inside, keys, names, _drawn())
        outside = {name: body[name] for name in _OPEN_TERMS if name in body}
        outside |= {"type": SEALED_TYPE, "case_id": found.case_id, "context": {"envelope": envelope}}
        request_key = terms.get("request_key")
        if request_key is not None:
            outside["request_key"] = _blinded(keys, request_key)
        request = requests.create(
            self._server,
            outside,
            idempotency_key=uuid.uuid4().hex if request_key is None else None,
            agent_name=agent_name,
        )
        case = accepted_case(self._server, await self._session.exchange(request))
        if case.case_id == found.case_id:
            return _plain(case, asked)
        if request_key is None or case.case_id in self._told:
            raise EnvelopeReplayed("The server answers with a question that was asked before.")
        return await self._joined(case, inside)

    async def _joined(self, case: OpenCase, inside: Json) -> OpenCase | None:
        """Join a question that was asked before, if it is this one: the server cannot tell."""
        request = requests.show(self._server, case.case_id)
        shown = shown_case(self._server, await self._session.exchange(request))
        asked = self._own(shown)
        if any(asked.body.get(name) != inside.get(name) for name in _SAME):
            raise IdempotencyMismatch
        if asked.expires_at <= _now():
            await self._session.exchange(requests.received(self._server, case.case_id))
            return None
        return replace(_plain(shown, asked), poll_url=case.poll_url, events_url=case.events_url)

    async def notify(self, message: str, agent_name: str | None) -> str:
        """Tell people something that wants no answer; return the notice's id."""
        keys = await self._registered()
        found = await self.recipients(())
        head = Head(
            case_id=f"{PREFIX}{secrets.token_hex(16)}",
            direction=Direction.NOTICE,
            expires_at=_now() + NOTICE_LIFE,
        )
        body = {"message": message, "kind": "info"}
        sealed = {"envelope": _sealed_notice(head, body, keys, found), "case_id": head.case_id}
        request = requests.notify_sealed(self._server, sealed, agent_name)
        return str(json_object(await self._session.exchange(request)).get("id", ""))

    def read(self, shown: OpenCase) -> OpenCase:
        """Return a case of ours as it reads in the clear. Raises: NotEncrypted for any other."""
        return _plain(shown, self._own(shown))

    def _own(self, shown: OpenCase) -> SealedQuestion:
        if shown.type != SEALED_TYPE:
            raise NotEncrypted
        return read_own(shown.context.get("envelope"), self.keys(), shown.case_id)

    def told(self, case_id: str) -> None:
        """Note that whoever asked knows the end of a case: it is no answer to a question asked later."""
        self._told.add(case_id)

    def opened(self, case: OpenCase, decision: Decision) -> Decision:
        """Return a decision as the human made it. Raises: EnvelopeRefused if it cannot be believed."""
        if not decision.answered:
            return decision
        asked = case.sealed
        if not isinstance(asked, SealedQuestion):
            raise NotEncrypted
        checked, opened = read_answer(asked, decision.data, self.keys())
        name = asked.devices[opened.sender]
        return replace(
            decision,
            action=checked.action,
            data=Values(checked.data, checked.sensitive),
            responded_by={"name": name} if name else decision.responded_by,
        )

    async def recipients(self, names: Sequence[str]) -> Recipients:
        """Fetch whom to encrypt to, check and remember them. Raises: as `read_recipients`; NotEndToEnd."""
        known = await asyncio.to_thread(self._pins.people)
        found = read_recipients(await self._fetched(names), known, names)
        for reader in found.readers:
            if not reader.is_as(known.get(reader.person_id)):
                await asyncio.to_thread(self._pins.keep, reader.pin)
        return found

    async def strangers_too(self, names: Sequence[str] = ()) -> Sequence[Reader]:
        """Fetch people to show who they are, those too that are not known; none is remembered.

        Raises: as `recipients`, but not NewPerson.
        """
        known = await asyncio.to_thread(self._pins.people)
        return read_recipients(await self._fetched(names), known, names, admits_new=True).readers

    async def _fetched(self, names: Sequence[str]) -> Json:
        try:
            return json_object(await self._session.exchange(requests.recipients(self._server, names)))
        except CallerError as error:
            if error.status not in UNKNOWN_PLACE:
                raise
            raise NotEndToEnd from error

    def keys(self) -> Keys:
        """Return the agent's keys. Raises: SetupError."""
        if self._keys is None:
            self._keys = Keys(self._key.load())
        return self._keys

    async def _registered(self) -> Keys:
        """Have the server tell devices our key; once is enough."""
        keys = await asyncio.to_thread(self.keys)
        if not self._is_registered:
            request = requests.register_key(self._server, write_key(keys.public))
            try:
                await self._session.exchange(request)
            except CallerError as error:
                if error.status not in UNKNOWN_PLACE:
                    raise
                raise NotEndToEnd from error
            self._is_registered = True
        return keys


def _checked(
    body: dict[str, Any], found: Recipients, agent_name: str | None
) -> tuple[dict[str, Any], datetime]:
    """Check a question as a server would that could read it; return what devices read, and the deadline."""
    now = _now()
    given = {name: body[name] for name in _SEALED_TERMS if name in body}
    asking = Asking(case_id=found.case_id, agent_name=agent_name or "", agent_id=None, relays_answers=False)
    asked = parse_creation(given, asking, now=now)
    _check_default_refs(asked.context)
    content = asked.content
    inside: dict[str, Any] = {
        "prompt": content.prompt,
        "type": content.type,
        "context": dict(content.context),
        "default_action": str(content.default_action),
        "agent": content.agent,
        "people": found.named,
    }
    if "message" in given:
        inside["message"] = content.message
    return inside, asked.case.expires_at


def _check_default_refs(context: Context) -> None:
    """Refuse a form that leaves a value to be fetched by the server, which cannot read where from."""
    refs = [field for field in (context.form.fields if context.form else ()) if field.default_ref is not None]
    if refs:
        message = "A server cannot fetch what it cannot read."
        errors = [{"path": f"context.form ({field.key}).default_ref", "message": message} for field in refs]
        raise InvalidRequest(
            SUMMARY,
            errors=errors,
            hint="Fetch the value where you ask, and give it as `default`; leave a sensitive field empty.",
        )


def _plain(case: OpenCase, asked: SealedQuestion) -> OpenCase:
    content = asked.content
    return replace(
        case,
        type=content.type,
        prompt=content.prompt,
        message=content.message if "message" in asked.body else "",
        context=content.context,
        default_action=str(content.default_action),
        hitl=None,
        sealed=asked,
    )


def _sealed_notice(head: Head, body: Json, keys: Keys, found: Recipients) -> Mapping[str, Any]:
    drawn = _drawn()
    return seal_envelope(
        head,
        body,
        sender=keys,
        recipients={*found.devices, keys.public},
        ephemeral=Keys(drawn.ephemeral),
        content_key=drawn.content_key,
    )


def _blinded(keys: Keys, request_key: str) -> str:
    """Name a question so that it is the same again, and says nothing: keys are made of what is asked."""
    secret = hashlib.sha256(b"openhitl request key v1\n" + keys.private).digest()
    return hmac.new(secret, request_key.encode(), hashlib.sha256).hexdigest()


def _drawn() -> Randomness:
    return Randomness(ephemeral=secrets.token_bytes(32), content_key=secrets.token_bytes(32))


def _now() -> datetime:
    return datetime.now(UTC)
