"""Asks for the tools on this server's own cases, as the agent whose credential was presented."""

from __future__ import annotations

from dataclasses import replace

from openhitl.asking.questioner import Asked, Question
from openhitl.cases.creation import Creation
from openhitl.errors import NotFound, Overloaded, Stopping
from openhitl.identity import Asker
from openhitl.protocol.case import Assurance, Json
from openhitl.protocol.compact import compact
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import Decision, decision_from
from openhitl.protocol.questions import request_body
from openhitl.review.asking import named
from openhitl.review.room import Room
from openhitl.server.notices import ServerDoor


class CaseQuestioner:
    """One agent's questions."""

    def __init__(self, door: ServerDoor, asker: Asker, room: Room) -> None:
        self._door = door
        self._book = door.book
        self._asker = asker
        self._room = room

    async def ask(self, question: Question) -> Asked:
        """Make a case, or join the one of the same question that lives. Raises as `Casebook.create`."""
        body = request_body(question.prompt, question.question, question.terms)
        creation = Creation(
            actor=named(self._asker, question.agent_name or ""),
            agent_id=self._asker.agent_id,
            request_key=question.request_key,
            json_bytes=len(compact(body)),
            assurance=self._asker.assurance,
        )
        accepted = await self._book.create(body, creation)
        asked = _asked(accepted["hitl"])
        return replace(asked, sign_in_url=await self._sign_in_url(asked.case_id))

    async def _sign_in_url(self, case_id: str) -> str | None:
        """Say where whoever uses this client can answer, if that is known to be somebody who may.

        Who holds a key is not known. Who allowed a program is; that they are the one who opens the page is
        for their session to show, so no address that opens by itself is handed out. MCP "Elicitation", "Safe
        URL Handling" and "Identifying the User".
        """
        person_id = self._asker.granted_by
        file = await self._book.files.file(case_id)
        if person_id is None or file.assurance is Assurance.LINK:
            return None
        entry = await self._book.feed.entry(case_id)
        is_open = entry is not None and not entry.case.is_final
        if not is_open or not await self._book.standing.may_answer(case_id, person_id):
            return None
        return f"{self._door.public_url}/review/{case_id}"

    async def find(self, case_id: str) -> Asked:
        """Find a case of this agent. Raises: NotFound."""
        return _asked(self._book.view(await self._book.owned(case_id, self._asker.agent_id)))

    async def end_of(self, asked: Asked) -> Decision:
        """Wait for the end of a case. Raises: Stopping when this server ends; Overloaded."""
        feed = self._book.feed
        if len(feed.streams) >= self._room.streams:
            raise Overloaded("As many calls wait as this server takes.")
        stream = feed.streams.register(asked.case_id)
        try:
            while True:  # registered first, so that no end falls in between
                entry = await feed.entry(asked.case_id)
                if entry is None:
                    raise NotFound
                if entry.case.is_final:
                    body = self._book.receipts.poll_body(entry.case, entry.answer, entry.place)
                    return decision_from(parse_poll(body), context=asked.context)
                if feed.streams.closing:
                    raise Stopping("This server is stopping; ask the same again: the question is kept.")
                await stream.next_chunk()
        finally:
            feed.streams.remove(stream)

    async def received(self, case_id: str) -> None:
        """Note that whoever asked has the answer."""
        await self._book.received(case_id, self._asker.agent_id)

    async def notify(self, said: Json, agent_name: str | None) -> str:
        """Keep a notice."""
        kept = await self._door.notices.add(named(self._asker, agent_name or ""), self._asker.agent_id, said)
        return str(kept["id"])


def _asked(told: Json) -> Asked:
    return Asked(
        case_id=told["case_id"],
        type=told["type"],
        prompt=told["prompt"],
        context=told["context"],
        default_action=told["default_action"],
        review_url=told["review_url"],
    )
