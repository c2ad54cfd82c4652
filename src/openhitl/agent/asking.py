"""`HITL`: ask a human from async code."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Unpack

from openhitl.agent.encryption import Encryption, load_encryption
from openhitl.agent.questions import AgentEntry, OpenCase, Terms, request_body
from openhitl.agent.replies import (
    accepted_case,
    agent_entries,
    agent_entry,
    answer_text,
    shown_case,
)
from openhitl.agent.telling import Teller, tell
from openhitl.agent.updates import Update
from openhitl.agent.waiting import Waiting
from openhitl.client import requests
from openhitl.client.config import ClientConfig, load_config
from openhitl.client.exchange import json_object
from openhitl.client.session import Session
from openhitl.errors import HitlError
from openhitl.protocol import questions
from openhitl.protocol.case import SEALED_TYPE, Json
from openhitl.protocol.outcomes import Decision


class HITL:
    """Asks humans through one OpenHITL server and waits for what they decide.

    The server and the key come from the arguments, else `HITL_SERVER_URL` and `HITL_API_KEY`, else
    `hitl login`, else the server of this user on this machine. `announce`, async or not, is called with
    each case once it exists, and again at each of its reminders, and must get its `review_url` to a
    human; by default that is whoever sits at this program's terminal (`openhitl.agent.telling`).
    Waiting survives restarts of the server and losses of the network. A call that is cancelled or gives
    up leaves its case open. A `config` that was found already is taken as it is.

    With `e2ee`, all that is asked and told is encrypted to the devices of people, and only what one of those
    devices has answered is believed: the server carries both unread. What goes wrong with that is a
    PeerError: `InvalidDeviceList` or `NewPerson` before anything is asked, `EnvelopeRefused` for an answer.

    Use it as an async context manager, or `close()` it.
    """

    def __init__(
        self,
        server_url: str | None = None,
        api_key: str | None = None,
        *,
        agent_name: str | None = None,
        announce: Teller | None = None,
        on_update: Callable[[Update], None] | None = None,
        config: ClientConfig | None = None,
        e2ee: bool = False,
    ) -> None:
        self._config = config or load_config(server_url, api_key)
        self._session = Session(self._config.credential)
        self._e2ee = e2ee
        self._encryption: Encryption | None = None
        self._agent_name = agent_name
        self._announce = announce
        self._on_update = on_update

    async def __aenter__(self) -> HITL:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections to the server. Open cases stay open."""
        await self._session.close()

    async def request_input(
        self,
        prompt: str,
        choices: Sequence[str] | None = None,
        placeholder: str | None = None,
        agent_name: str | None = None,
    ) -> str:
        """Ask for one of `choices`, or for free text; return the human's words.

        Raises: AnswerExpired, AnswerCancelled.
        """
        if choices:
            question = questions.selection(choices, minimum=1, maximum=1)
        else:
            question = questions.text_input(placeholder)
        terms: Terms = {"agent_name": agent_name} if agent_name else {}
        case = await self.create(prompt, question, **terms)
        decision = await self.wait(case)
        return answer_text(case, decision.require_answer())

    async def notify_completion(self, summary: str, agent_name: str | None = None) -> str:
        """Say that work is done, and wait for what the human says to that; return the human's words.

        Raises: AnswerExpired, AnswerCancelled.
        """
        prompt, message = questions.headed(summary)
        terms: Terms = {"agent_name": agent_name} if agent_name else {}
        if message is not None:
            terms["message"] = message
        case = await self.create(prompt, questions.text_input(), **terms)
        decision = await self.wait(case)
        return answer_text(case, decision.require_answer())

    async def create_agent(self, name: str) -> str:
        """Make an agent that belongs to the same people as this one; return its id."""
        request = requests.create_agent(self._config.server_url, name)
        return agent_entry(json_object(await self._session.exchange(request)))["id"]

    async def list_agents(self) -> list[AgentEntry]:
        """List the agents that belong to the same people as this one, each with `id` and `name`."""
        request = requests.list_agents(self._config.server_url)
        return agent_entries(await self._session.exchange(request))

    async def approve(
        self, prompt: str, artifact: str | Json | None = None, **terms: Unpack[Terms]
    ) -> Decision:
        """Ask for approval of an artifact: approve, edit or reject.

        `artifact` is its text, or `{"title", "content", "format", "metadata"}`. Look at
        `Decision.approved` and `approved_with_edits`.
        """
        return await self._ask(prompt, questions.approval(artifact), terms)

    async def select(
        self,
        prompt: str,
        items: Sequence[str | Json],
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        **terms: Unpack[Terms],
    ) -> Decision:
        """Ask for a choice; `data["selected"]` has the ids, which for plain strings are the strings."""
        question = questions.selection(items, minimum=minimum, maximum=maximum)
        return await self._ask(prompt, question, terms)

    async def ask(self, prompt: str, form: Json | Sequence[Json], **terms: Unpack[Terms]) -> Decision:
        """Ask for a form to be filled; `data` has one value for each field's key."""
        return await self._ask(prompt, questions.form_input(form), terms)

    async def confirm(
        self,
        prompt: str,
        items: Sequence[str | Json] = (),
        *,
        irreversible: bool = False,
        partial: bool = False,
        **terms: Unpack[Terms],
    ) -> Decision:
        """Ask to confirm or cancel what is about to happen."""
        question = questions.confirmation(items, irreversible=irreversible, partial=partial)
        return await self._ask(prompt, question, terms)

    async def escalate(
        self, prompt: str, error: str | Json, *, params: Json | None = None, **terms: Unpack[Terms]
    ) -> Decision:
        """Ask what to do about an error: retry (`data["modified_params"]`), skip or abort."""
        return await self._ask(prompt, questions.escalation(error, params=params), terms)

    async def create(self, prompt: str, question: Json, **terms: Unpack[Terms]) -> OpenCase:
        """Create a case and announce it, without waiting.

        `question` is `{"type", "context"}`, as the functions of `openhitl.agent.questions` build it.
        Lost connections are tried again and make no second case.
        """
        case = await self._create(prompt, question, terms)
        await tell(self._announce, case)
        return case

    async def _create(self, prompt: str, question: Json, terms: Terms) -> OpenCase:
        server, key = self._config.server_url, terms.get("request_key")
        agent_name = terms.get("agent_name") or self._agent_name
        if self._e2ee:
            sealed = await self._encrypting().create(prompt, question, terms, agent_name)
            return replace(sealed, keyed=key is not None)
        request = requests.create(
            server,
            request_body(prompt, question, terms),
            idempotency_key=uuid.uuid4().hex if key is None else None,
            agent_name=agent_name,
        )
        case = accepted_case(server, await self._session.exchange(request))
        return replace(case, keyed=key is not None)

    async def wait(self, case: str | OpenCase, *, give_up_after: timedelta | None = None) -> Decision:
        """Wait for the end of a case, given as such or by its id.

        Once that is handed over, the same `request_key` asks anew.

        Raises: StillOpen after `give_up_after`, with `case_id` and `review_url` in its details.
        """
        known = case if isinstance(case, OpenCase) else await self.look_up(case)
        waiting = Waiting(
            known,
            self._config.credential,
            wire=self._session,
            tell=self._announce,
            on_update=self._on_update,
            announced=True,
        )
        decision = await waiting.decision(give_up_after=give_up_after)
        if self._e2ee or known.sealed is not None:
            decision = self._encrypting().opened(known, decision)
        if known.keyed:
            # What was decided matters more than that the server knows who knows it.
            with suppress(HitlError):
                await self.received(known.case_id)
        return decision

    async def received(self, case_id: str) -> None:
        """Say that you know how a case ended, where you did not `wait` for it: its key asks anew.

        Raises: NotEnded while it is open; NotFound.
        """
        await self._session.exchange(requests.received(self._config.server_url, case_id))
        if self._encryption is not None:
            self._encryption.told(case_id)

    async def notify(self, message: str, agent_name: str | None = None) -> str:
        """Tell people something that wants no answer, in at most 2,000 characters; return the notice's id.

        Raises: ServerUnreachable, after which it may have been told all the same.
        """
        name = agent_name or self._agent_name
        if self._e2ee:
            return await self._encrypting().notify(message, name)
        request = requests.notify(self._config.server_url, message, name)
        return str(json_object(await self._session.exchange(request)).get("id", ""))

    async def look_up(self, case_id: str) -> OpenCase:
        """Fetch a case that this credential created; an encrypted one is decrypted.

        Raises: NotFound; NotEncrypted for what was not asked with the keys that are here.
        """
        server = self._config.server_url
        shown = shown_case(server, await self._session.exchange(requests.show(server, case_id)))
        return self._encrypting().read(shown) if self._e2ee or shown.type == SEALED_TYPE else shown

    async def cancel(self, case_id: str, reason: str | None = None) -> None:
        """Withdraw a question. Raises: CaseCompleted, CaseExpired, CaseCancelled if it is over."""
        await self._session.exchange(requests.cancel(self._config.server_url, case_id, reason))

    def _encrypting(self) -> Encryption:
        """Load what encrypts when it is first needed."""
        if self._encryption is None:
            self._encryption = load_encryption(self._config, self._session)
        return self._encryption

    async def _ask(self, prompt: str, question: Json, terms: Terms) -> Decision:
        case = await self.create(prompt, question, **terms)
        return await self.wait(case, give_up_after=terms.get("give_up_after"))
