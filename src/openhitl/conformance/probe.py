"""What a check is given: cases of the service under test, and ways to act on them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from openhitl.conformance.answers import ACTIONS
from openhitl.conformance.caller import Caller, Reply
from openhitl.conformance.cases import RESPOND_URLS, Case, RespondUrl, respond_template
from openhitl.conformance.check import Deviation, NotApplicable
from openhitl.conformance.creation import DEFAULT as DEFAULT_CREATION
from openhitl.conformance.creation import OPEN_FOR, TYPES, Creation, parse_creation
from openhitl.conformance.expiry import Expiry
from openhitl.conformance.stream import Stream
from openhitl.conformance.wire_objects import OPEN

WRONG_TOKEN = "x" * 43
VIA = "x-conformance"
NOBODY = {"platform": "x-conformance", "platform_user_id": "nobody", "display_name": "Conformance test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to test and how.

    Args:
        url: the service's address.
        creation: how cases are made.
        headers: sent with what the asker does: creating, polling, listening.
        given: a body with a hitl object, to look at that case only and to make none.
        respond: where the review page sends answers: a path with `{case_id}` and `{token}`.
        expiry_seconds: how long a case that shall expire is asked to stay open.
        patience_seconds: how long an event, or the end of a stream, is waited for.
    """

    url: str
    creation: Creation = field(default_factory=lambda: parse_creation(DEFAULT_CREATION))
    headers: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Any] | None = None
    respond: str | None = None
    expiry_seconds: int = 10
    patience_seconds: float = 5.0


class Probe:
    """The service under test. Use it in one event loop; a run makes one."""

    def __init__(self, target: Target, caller: Caller) -> None:
        self.target = target
        self.caller = caller
        self.discovery: Mapping[str, Any] | None = None
        #: The limit on polls and the reply to the poll that went beyond it, once that was tried.
        self.burst: tuple[int, Reply] | None = None
        self.expiry = Expiry(self._expiring, self.listen, target.patience_seconds)
        #: Fields that a question of ours does without, for this service.
        self._left_out: Mapping[str, None] = {}
        self._shared: dict[str, Case | Reply] = {}
        self._respond: RespondUrl | None = None
        if target.respond is not None:
            self._respond = respond_template(target.respond, caller.address)

    # -- what the service claims ---------------------------------------------------------------

    async def discover(self) -> Reply:
        """Fetch the discovery document and remember what it claims. HITL v0.8 Appendix D."""
        reply = await self.caller.send("GET", self.caller.address("/.well-known/hitl.json"))
        try:
            protocol = reply.object().get("hitl_protocol") if reply.status == 200 else None
        except Deviation:
            protocol = None
        self.discovery = protocol if isinstance(protocol, dict) else None
        return reply

    def part(self, name: str) -> Mapping[str, Any]:
        """Return one part of the discovery document; empty if it is not there."""
        value = (self.discovery or {}).get(name)
        return value if isinstance(value, dict) else {}

    def claims(self, feature: str) -> bool | None:
        """Tell whether discovery claims `inline` or `sse`; None if it does not say."""
        capabilities = self.part("capabilities")
        if feature == "inline":
            claimed = capabilities.get("supports_inline_submit")
            return claimed if isinstance(claimed, bool) else None
        transports = capabilities.get("transports")
        return feature in transports if isinstance(transports, list) else None

    def types(self) -> tuple[str, ...]:
        """Name the standard types to try: those that discovery claims, else all."""
        if self.target.given is not None:
            return (str(self.target.given.get("type")),)
        claimed = self.part("capabilities").get("review_types")
        return tuple(one for one in TYPES if one in claimed) if isinstance(claimed, list) else TYPES

    # -- cases ---------------------------------------------------------------------------------

    async def create(
        self, review_type: str, *, open_for: str = OPEN_FOR, more: Mapping[str, Any] | None = None
    ) -> Reply:
        """Ask the service to make a case. `more` replaces fields of a question of ours."""
        creation = self.target.creation
        content = creation.content(review_type, open_for, {**self._left_out, **(more or {})})
        return await self.create_from(content, review_type, open_for)

    async def create_from(
        self, content: bytes | None, review_type: str = TYPES[0], open_for: str = OPEN_FOR
    ) -> Reply:
        """Ask the service to make a case, with whatever body."""
        creation = self.target.creation
        return await self.caller.send(
            creation.method,
            self.caller.address(creation.url(review_type, open_for)),
            headers={"content-type": "application/json"} if content is not None else {},
            content=content,
            as_asker=True,
        )

    async def fresh(
        self,
        review_type: str | None = None,
        *,
        open_for: str = OPEN_FOR,
        more: Mapping[str, Any] | None = None,
    ) -> Case:
        """Make a case that no other check touches. Raises: NotApplicable if there is no way to."""
        if self.target.given is not None:
            raise NotApplicable("this would change the given case; use --create to have cases made")
        review_type = review_type or await self.simple_type()
        reply = await self.create(review_type, open_for=open_for, more=more)
        case = _case_in(reply)
        if case is None:
            raise NotApplicable(f"no case of type {review_type} could be made")
        return case

    async def shared(self, review_type: str) -> Case | Reply:
        """Return a case of this type that checks only look at, or the reply that made none."""
        if review_type not in self._shared:
            if self.target.given is not None:
                body = json.dumps({"hitl": self.target.given}).encode()
                self._shared[review_type] = Case(Reply("", "", 202, {}, body), self.target.given)
            else:
                self._shared[review_type] = await self._first(review_type)
        return self._shared[review_type]

    async def _first(self, review_type: str) -> Case | Reply:
        """Make the first case of a type; without inline actions, where the asker may not name any."""
        reply = await self.create(review_type)
        if reply.refused and not self._left_out and self.target.creation.brings_question:
            plain = await self.create(review_type, more={"inline_actions": None})
            if plain.accepted:
                self._left_out, reply = {"inline_actions": None}, plain
        return _case_in(reply) or reply

    async def _expiring(self) -> Case:
        if not self.target.creation.chooses_timeout:
            raise NotApplicable("--create has no {timeout}, so no case can be made that expires soon")
        return await self.fresh(open_for=f"{self.target.expiry_seconds}s")

    async def every(self) -> list[Case]:
        """Return one case of every type that could be made. Raises: NotApplicable if there is none."""
        made = [await self.shared(one) for one in self.types()]
        cases = [one for one in made if isinstance(one, Case)]
        if not cases:
            raise NotApplicable("no case could be made")
        return cases

    async def any(self) -> Case:
        """Return a case of a simple type, to look at."""
        return (await self.every())[0]

    async def simple_type(self) -> str:
        """Name the type that is easiest to answer."""
        for case in await self.every():
            if case.type in ACTIONS and not case.evidence_for("browser_submit"):
                return case.type
        raise NotApplicable("no case of a standard type, to be answered without evidence, could be made")

    # -- what the asker does -------------------------------------------------------------------

    async def poll(self, case: Case, **headers: str) -> Reply:
        """Poll a case."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.caller.send("GET", case.address("poll_url"), headers=names, as_asker=True)

    async def result(self, case: Case) -> Mapping[str, Any]:
        """Return the result in a case's poll body; empty if there is none."""
        result = (await self.state(case)).get("result")
        return result if isinstance(result, dict) else {}

    async def state(self, case: Case) -> dict[str, Any]:
        """Return a case's poll body. Raises: Deviation if the poll fails."""
        reply = await self.poll(case)
        if reply.status != 200:
            raise Deviation("a poll that says how the case stands", reply)
        return reply.object()

    async def is_open(self, case: Case) -> bool:
        """Tell whether a case is still undecided."""
        return (await self.state(case)).get("status") in OPEN

    async def inline_case(self, *, fresh: bool = True) -> Case:
        """Return a case that takes inline submits. Raises: NotApplicable."""
        if self.claims("inline") is False:
            raise NotApplicable("discovery says that inline submit is not supported")
        for case in await self.every():
            if case.takes_inline:
                return await self.fresh(case.type) if fresh else case
        raise NotApplicable("no hitl object has a submit_url that a button is enough for")

    async def submit(self, case: Case, body: Mapping[str, Any] | bytes, *, token: str | None = None) -> Reply:
        """Submit inline, with the submit token or another one; "" for none. HITL v0.8 §7.5."""
        token = case.address("submit_token") if token is None else token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return await self._post(case.address("submit_url"), body, **headers)

    def streamed(self, case: Case) -> str:
        """Return the address of a case's event stream. Raises: NotApplicable."""
        if self.claims("sse") is False:
            raise NotApplicable("discovery does not list sse among the transports")
        return case.address("events_url")

    @asynccontextmanager
    async def listen(
        self, case: Case, patience: float | None = None, *, last_id: str | None = None
    ) -> AsyncIterator[Stream]:
        """Listen to a case, `patience` seconds for each event. HITL v0.8 §8.5."""
        headers = {"accept": "text/event-stream"}
        if last_id is not None:
            headers["last-event-id"] = last_id
        seconds = patience or self.target.patience_seconds
        async with self.caller.stream(self.streamed(case), headers, silence=seconds) as (head, lines):
            yield Stream(head, lines, seconds)

    # -- what the human does -------------------------------------------------------------------

    async def page(self, case: Case, url: str | None = None, method: str = "GET") -> Reply:
        """Open the review page as a browser would: without the asker's credentials."""
        address = url or case.address("review_url")
        return await self.caller.send(method, address, headers={"accept": "text/html"})

    async def respond(
        self, case: Case, body: Mapping[str, Any] | bytes, *, token: str | None = None
    ) -> Reply:
        """Answer as the review page does, with the review token or another one."""
        return await self._post(
            await self.respond_address(case, case.review_token if token is None else token), body
        )

    async def respond_address(self, case: Case, token: str) -> str:
        """Find out where the review page sends its answers. Raises: NotApplicable.

        The protocol does not fix the path, so the usual ones are tried with a token that is wrong.
        """
        if self._respond is None:
            for respond_url in RESPOND_URLS:
                if await self._takes_answers(respond_url, case):
                    self._respond = respond_url
                    break
            else:
                raise NotApplicable("where the review page sends answers is not known; say it with --respond")
        return self._respond(case, token)

    async def _takes_answers(self, respond_url: RespondUrl, case: Case) -> bool:
        try:
            url = respond_url(case, WRONG_TOKEN)
        except NotApplicable:
            return False
        return (await self._post(url, {})).status not in (404, 405, 501)

    async def _post(self, url: str, body: Mapping[str, Any] | bytes, **headers: str) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"content-type": "application/json", "accept": "application/json", **headers}
        return await self.caller.send("POST", url, headers=given, content=content)


def inline_answer(action: str, **more: Any) -> dict[str, Any]:
    """Make the body of an inline submit. HITL v0.8 §7.5 "Request fields"."""
    return {
        "action": action,
        "data": {},
        "submitted_via": VIA,
        "submitted_by": NOBODY,
        **more,
    }


def _case_in(reply: Reply) -> Case | None:
    """Find the hitl object in what a creation answered, whatever its status code."""
    if not reply.accepted:
        return None
    try:
        hitl = reply.object().get("hitl")
    except Deviation:
        return None
    return Case(reply, hitl) if isinstance(hitl, dict) else None
